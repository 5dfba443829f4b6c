// Colours for a terminal, or none.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::cli {

class Paint {
 public:
  explicit Paint(bool colour = false) : colour_(colour) {}

  std::string bold(std::string_view text) const { return with("1", text); }
  std::string faint(std::string_view text) const { return with("2", text); }
  std::string good(std::string_view text) const { return with("32", text); }
  std::string bad(std::string_view text) const { return with("1;31", text); }
  std::string caution(std::string_view text) const { return with("33", text); }

 private:
  std::string with(std::string_view code, std::string_view text) const {
    if (!colour_ || text.empty()) return std::string(text);
    return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
  }
  bool colour_;
};

}  // namespace dunlin::cli
