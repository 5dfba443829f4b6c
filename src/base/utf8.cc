#include "base/utf8.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dunlin {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Blocks, not exact categories: enough to keep the columns of a table straight.
constexpr std::array kZeroWidth{
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD}, Range{0x0610, 0x061A},
    Range{0x064B, 0x065F}, Range{0x0E31, 0x0E31}, Range{0x0E34, 0x0E3A}, Range{0x1AB0, 0x1AFF},
    Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200F}, Range{0x202A, 0x202E}, Range{0x2060, 0x2064},
    Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}};
constexpr std::array kWide{Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},
                           Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},
                           Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
                           Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
                           Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, std::uint32_t code_point) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return code_point >= range.first && code_point <= range.last; });
}

// The first sequence of a text. `length` bytes belong together; an invalid one is the maximal part that begins a valid
// sequence (at least one byte); `cut` says that more bytes could make it valid.
struct Sequence {
  std::size_t length = 1;
  std::uint32_t code_point = 0;
  bool valid = false;
  bool cut = false;
};

Sequence first_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {.length = 1, .code_point = lead, .valid = true};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t wanted = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte is where overlong forms, surrogates and too high values show.
  const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  std::uint32_t code_point = lead & (0xFFu >> (wanted + 1));
  for (std::size_t i = 1; i < wanted; ++i) {
    if (i == text.size()) return {.length = i, .cut = true};
    const bool fits = i == 1 ? byte(i) >= lowest && byte(i) <= highest : (byte(i) & 0xC0) == 0x80;
    if (!fits) return {.length = i};
    code_point = (code_point << 6) | (byte(i) & 0x3F);
  }
  return {.length = wanted, .code_point = code_point, .valid = true};
}

bool starts_with_ascii_word(std::string_view text) {
  std::uint64_t word = 0;
  if (text.size() < sizeof word) return false;
  std::memcpy(&word, text.data(), sizeof word);
  return (word & 0x8080808080808080u) == 0;
}

std::size_t width_of(std::uint32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || within(kZeroWidth, code_point)) return 0;
  return within(kWide, code_point) ? 2 : 1;
}

}  // namespace

Utf8Prefix valid_utf8_prefix(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::string_view rest = bytes.substr(at);
    if (starts_with_ascii_word(rest)) {
      at += sizeof(std::uint64_t);
      continue;
    }
    const Sequence sequence = first_sequence(rest);
    if (!sequence.valid) return {at, sequence.cut ? Utf8End::truncated : Utf8End::invalid};
    at += sequence.length;
  }
  return {at, Utf8End::valid};
}

void Utf8Checker::advance(std::string_view valid) {
  at_.offset += valid.size();
  const std::size_t last_newline = valid.rfind('\n');
  if (last_newline == std::string_view::npos) {
    at_.column += static_cast<int>(count_code_points(valid));
    return;
  }
  at_.line += static_cast<int>(std::count(valid.begin(), valid.end(), '\n'));
  at_.column = 1 + static_cast<int>(count_code_points(valid.substr(last_newline + 1)));
}

void Utf8Checker::feed(std::string_view piece) {
  if (failed_) return;
  // A sequence that the last piece cut is finished byte by byte.
  while (!pending_.empty() && !piece.empty()) {
    pending_ += piece.front();
    piece.remove_prefix(1);
    const Sequence sequence = first_sequence(pending_);
    if (sequence.cut) continue;
    if (!sequence.valid) {
      failed_ = true;
      return;
    }
    advance(pending_);
    pending_.clear();
  }
  const Utf8Prefix valid = valid_utf8_prefix(piece);
  advance(piece.substr(0, valid.length));
  if (valid.end == Utf8End::truncated) pending_ = piece.substr(valid.length);
  failed_ = valid.end == Utf8End::invalid;
}

std::optional<InvalidUtf8> Utf8Checker::finish() {
  if (!failed_ && pending_.empty()) return std::nullopt;
  return at_;
}

std::optional<InvalidUtf8> find_invalid_utf8(std::string_view text) {
  Utf8Checker checker;
  checker.feed(text);
  return checker.finish();
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t valid = valid_utf8_prefix(text).length;
    result.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) break;
    result += "\xEF\xBF\xBD";
    text.remove_prefix(first_sequence(text).length);
  }
  return result;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string_view truncate_bytes(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string shorten(std::string_view text, std::size_t columns) {
  std::size_t width = 0;
  std::size_t kept = 0;  // bytes that leave a column for the ellipsis
  for (std::size_t at = 0; at < text.size();) {
    const Sequence sequence = first_sequence(text.substr(at));
    width += sequence.valid ? width_of(sequence.code_point) : 1;
    if (width > columns) return columns == 0 ? std::string() : std::string(text.substr(0, kept)) + "…";
    at += sequence.length;
    if (width < columns) kept = at;
  }
  return std::string(text);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Sequence sequence = first_sequence(text);
    width += sequence.valid ? width_of(sequence.code_point) : 1;
    text.remove_prefix(sequence.length);
  }
  return width;
}

}  // namespace dunlin
