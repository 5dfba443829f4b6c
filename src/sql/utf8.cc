#include "sql/utf8.h"

#include <cstdint>
#include <cstring>

namespace dunlin::sql {
namespace {

// How many bytes of 16 at a time are ASCII; stops in front of the block that holds another.
std::size_t ascii_blocks(const char* bytes, std::size_t size) noexcept {
  std::size_t at = 0;
  for (; at + 16 <= size; at += 16) {
    std::uint64_t words[2];
    std::memcpy(words, bytes + at, sizeof words);
    if (((words[0] | words[1]) & 0x8080808080808080ULL) != 0) break;
  }
  return at;
}

// The length of the code point that starts with `lead`, 0 when none does.
std::size_t sequence_length(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

// The range of the second byte is narrower after some lead bytes.
bool second_byte_fits(unsigned char lead, unsigned char second) noexcept {
  switch (lead) {
    case 0xE0: return second >= 0xA0 && second <= 0xBF;
    case 0xED: return second >= 0x80 && second <= 0x9F;
    case 0xF0: return second >= 0x90 && second <= 0xBF;
    case 0xF4: return second >= 0x80 && second <= 0x8F;
    default: return second >= 0x80 && second <= 0xBF;
  }
}

}  // namespace

Utf8Prefix valid_utf8_prefix(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (static_cast<signed char>(bytes[at]) >= 0) {
      const std::size_t skipped = ascii_blocks(bytes.data() + at, bytes.size() - at);
      at += skipped > 0 ? skipped : 1;
      continue;
    }
    const auto lead = static_cast<unsigned char>(bytes[at]);
    const std::size_t length = sequence_length(lead);
    if (length == 0) return {at, Utf8End::invalid};
    for (std::size_t k = 1; k < length; ++k) {
      if (at + k == bytes.size()) return {at, Utf8End::truncated};
      const auto next = static_cast<unsigned char>(bytes[at + k]);
      const bool fits = k == 1 ? second_byte_fits(lead, next) : (next & 0xC0) == 0x80;
      if (!fits) return {at, Utf8End::invalid};
    }
    at += length;
  }
  return {at, Utf8End::valid};
}

std::size_t count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += static_cast<std::size_t>((static_cast<unsigned char>(c) & 0xC0) != 0x80);
  return count;
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace dunlin::sql
