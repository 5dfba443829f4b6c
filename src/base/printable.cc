#include "base/printable.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace dunlin {

std::string printable(std::string_view text) {
  const std::string valid = replace_invalid_utf8(text);
  std::string result;
  result.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size(); ++at) {
    const auto byte = static_cast<unsigned char>(valid[at]);
    if (byte == '\t') {
      result += ' ';
    } else if (byte == '\r') {
      if (at + 1 < valid.size() && valid[at + 1] != '\n') result += "\\r";
    } else if ((byte < 0x20 && byte != '\n') || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xc2 && at + 1 < valid.size() && static_cast<unsigned char>(valid[at + 1]) < 0xa0) {
      // U+0080 to U+009F: the eight-bit control characters, some of which begin escape sequences.
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(valid[++at]));
    } else {
      result += valid[at];
    }
  }
  return result;
}

std::string one_line(std::string_view text) {
  std::string result;
  bool space = false;
  for (const char c : printable(text)) {
    if (c == ' ' || c == '\n') {
      space = !result.empty();
      continue;
    }
    if (space) result += ' ';
    space = false;
    result += c;
  }
  return result;
}

std::string one_line(std::string_view text, std::size_t columns) {
  // What lies far behind the cut is not worth reading: statements may be megabytes long.
  return shorten(one_line(truncate_bytes(text, columns * 8 + 256)), columns);
}

std::string pad_right(std::string_view text, std::size_t columns) {
  std::string result(text);
  const std::size_t width = display_width(text);
  if (width < columns) result.append(columns - width, ' ');
  return result;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace dunlin
