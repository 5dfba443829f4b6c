// Character classes that the lexers of all dialects share: bytes above 0x7F belong to names.
#pragma once

#include <array>
#include <string_view>

namespace dunlin::sql {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Starts a name.
constexpr bool is_name_start(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<signed char>(c) < 0;
}

// Goes on with a name.
constexpr bool is_name_part(char c) noexcept {
  return is_name_start(c) || is_digit(c) || c == '$';
}

// The vertical tab is white space to PostgreSQL 16 and later, and to nobody a word.
constexpr bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// `capitals` is ASCII in capitals.
constexpr bool is_word(std::string_view text, std::string_view capitals) noexcept {
  if (text.size() != capitals.size()) return false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (to_upper(text[k]) != capitals[k]) return false;
  }
  return true;
}

}  // namespace dunlin::sql
