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

std::string quote_name(Dialect dialect, const TableName& table) {
  const std::string name = quote_name(dialect, table.name);
  return table.schema.empty() ? name : quote_name(dialect, table.schema) + "." + name;
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

std::vector<std::string> split_name(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    std::string& part = parts.emplace_back();
    if (text.starts_with('"')) {
      std::size_t end = 1;
      while (end < text.size() && (text[end] != '"' || text.substr(end, 2) == "\"\"")) {
        part += text[end];
        end += text[end] == '"' ? 2 : 1;
      }
      if (end >= text.size()) return {};
      text.remove_prefix(end + 1);
    } else {
      part = text.substr(0, text.find('.'));
      if (part.find('"') != std::string::npos) return {};
      text.remove_prefix(part.size());
    }
    if (part.empty()) return {};
    if (text.empty()) return parts;
    if (!text.starts_with('.')) return {};
    text.remove_prefix(1);
  }
}

}  // namespace dunlin::sql
