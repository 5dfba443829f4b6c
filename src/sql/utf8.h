// UTF-8 as PostgreSQL accepts it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace dunlin::sql {

enum class Utf8End { valid, invalid, truncated };

struct Utf8Prefix {
  // How many bytes are whole, valid code points.
  std::size_t length = 0;
  // What follows them: nothing, a byte that cannot, or the beginning of a code point.
  Utf8End end = Utf8End::valid;
};

Utf8Prefix valid_utf8_prefix(std::string_view bytes) noexcept;

// Of valid UTF-8.
std::size_t count_code_points(std::string_view text) noexcept;

// The longest prefix of at most `bytes` bytes that does not cut a code point.
std::string_view cut_utf8(std::string_view text, std::size_t bytes) noexcept;

}  // namespace dunlin::sql
