#include "sql/quote.h"

#include "dunlin/error.h"

namespace dunlin::sql {
namespace {

// Doubles each of `doubled` in `text`.
std::string wrapped(std::string_view text, char quote, std::string_view doubled) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == '\0') throw Failure(ErrorKind::usage, "a NUL byte cannot be part of SQL text");
    if (doubled.find(c) != std::string_view::npos) quoted += c;
    quoted += c;
  }
  return quoted += quote;
}

}  // namespace

std::string quote_name(Dialect dialect, std::string_view name) {
  return dialect == Dialect::mysql ? wrapped(name, '`', "`") : wrapped(name, '"', "\"");
}

std::string quote_text(Dialect dialect, std::string_view value) {
  switch (dialect) {
    case Dialect::postgres:
      // Right whatever standard_conforming_strings says.
      if (value.find('\\') != std::string_view::npos) return "E" + wrapped(value, '\'', "'\\");
      return wrapped(value, '\'', "'");
    // A backslash is an escape unless sql_mode has NO_BACKSLASH_ESCAPES, which dunlin's sessions do not set.
    case Dialect::mysql: return wrapped(value, '\'', "'\\");
    case Dialect::sqlite: break;
  }
  return wrapped(value, '\'', "'");
}

std::string quote_bytes(Dialect dialect, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string quoted = dialect == Dialect::postgres ? "'\\x" : "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    quoted += kDigits[byte >> 4];
    quoted += kDigits[byte & 0xF];
  }
  return quoted += '\'';
}

}  // namespace dunlin::sql
