// Digests that tell whether something is still the same.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace dunlin::manager {

// Of content that comes piece by piece.
class Sha256 {
 public:
  Sha256();

  void add(std::string_view piece);
  // The first 16 hexadecimal digits. Once, at the end.
  std::string short_text();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// The same, of all of it.
std::string short_sha256(std::string_view content);

}  // namespace dunlin::manager
