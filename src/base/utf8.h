// UTF-8 as far as files, positions and columns on a screen need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dunlin {

enum class Utf8End { valid, invalid, truncated };

struct Utf8Prefix {
  // How many bytes are whole, valid code points.
  std::size_t length = 0;
  // What follows them: nothing, a byte that cannot, or the beginning of a code point.
  Utf8End end = Utf8End::valid;
};

// Overlong forms, surrogates and what is above U+10FFFF are invalid (RFC 3629).
Utf8Prefix valid_utf8_prefix(std::string_view bytes);

// Where the first byte stands that does not belong: lines and code-point columns count from 1.
struct InvalidUtf8 {
  std::uint64_t offset = 0;
  int line = 1;
  int column = 1;
};

// Checks a text that comes in pieces.
class Utf8Checker {
 public:
  void feed(std::string_view piece);
  // To be called once, after the last piece: a sequence cut short by the end is invalid.
  std::optional<InvalidUtf8> finish();

 private:
  void advance(std::string_view valid);

  std::string pending_;
  InvalidUtf8 at_;
  bool failed_ = false;
};

std::optional<InvalidUtf8> find_invalid_utf8(std::string_view text);

// `text` with U+FFFD for each maximal invalid part.
std::string replace_invalid_utf8(std::string_view text);

std::size_t count_code_points(std::string_view text);
// The longest beginning of at most `bytes` bytes that ends between code points.
std::string_view truncate_bytes(std::string_view text, std::size_t bytes);
// At most `columns` columns; what is cut off is shown by a final "…".
std::string shorten(std::string_view text, std::size_t columns);
// Columns on a terminal: 0 for combining marks and controls, 2 for East Asian wide characters and emoji.
std::size_t display_width(std::string_view text);

}  // namespace dunlin
