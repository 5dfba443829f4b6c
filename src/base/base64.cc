#include "base/base64.h"

#include <cstdint>

namespace dunlin {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// 0 to 63, or -1. Without a table: what it reads may be a key, and a table lookup leaves traces in the cache.
int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

std::size_t padding_of(std::string_view text) {
  if (text.ends_with("==")) return 2;
  return text.ends_with('=') ? 1 : 0;
}

}  // namespace

std::optional<std::size_t> decoded_size(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  return text.size() / 4 * 3 - padding_of(text);
}

bool decode_base64(std::string_view text, char* bytes) {
  const auto size = decoded_size(text);
  if (!size) return false;
  text.remove_suffix(padding_of(text));
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *bytes++ = static_cast<char>(bits >> count & 0xff);
  }
  // The bits behind the last byte are zeros in the one right spelling.
  return (bits & ((1U << count) - 1)) == 0;
}

std::optional<std::string> decode_base64(std::string_view text) {
  const auto size = decoded_size(text);
  if (!size) return std::nullopt;
  std::string bytes(*size, '\0');
  if (!decode_base64(text, bytes.data())) return std::nullopt;
  return bytes;
}

void encode_base64(std::string_view bytes, char* text) {
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      *text++ = i + k <= bytes.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
}

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  encode_base64(bytes, text.data());
  return text;
}

}  // namespace dunlin
