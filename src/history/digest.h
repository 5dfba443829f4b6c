// SHA-384 of a stream.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace dunlin::history {

class Sha384 {
 public:
  static constexpr std::size_t kSize = 48;

  Sha384();
  ~Sha384();
  // A copy goes on from where the original is.
  Sha384(const Sha384&);
  Sha384(Sha384&&) noexcept;

  void update(std::string_view bytes);
  // The raw digest; nothing may be added after it.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string to_hex(std::string_view bytes);

}  // namespace dunlin::history
