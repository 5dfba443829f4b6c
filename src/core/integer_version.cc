#include "core/integer_version.h"

#include <charconv>

namespace dunlin {

std::optional<std::int64_t> parse_integer(std::string_view text) {
  // from_chars knows '-' only.
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Version make_integer_version(std::int64_t value) {
  Version version{std::to_string(value), std::string(sizeof value, '\0')};
  // Big-endian with the sign bit flipped: bytes then compare as the numbers do.
  std::uint64_t key = static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63);
  for (auto byte = version.sort_key.rbegin(); byte != version.sort_key.rend(); ++byte, key >>= 8)
    *byte = static_cast<char>(key & 0xFF);
  return version;
}

}  // namespace dunlin
