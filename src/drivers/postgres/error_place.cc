#include "drivers/postgres/error_place.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "sql/statement_reader.h"

namespace dunlin::postgres {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// How many code points the token that begins at the `position`th code point has; what is underlined.
int token_length(std::string_view text, int position) {
  std::size_t at = 0;
  for (int seen = 1; at < text.size() && seen < position; ++seen) {
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
  }
  int length = 0;
  if (at < text.size() && text[at] == '"') {
    for (++length, ++at; at < text.size() && text[at] != '\n'; ++at) {
      if (!is_continuation(text[at])) ++length;
      if (text[at] == '"') break;
    }
    return length;
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (is_continuation(text[at])) continue;
    if (std::isalnum(c) == 0 && c != '_' && c < 0x80) break;
    ++length;
  }
  return std::max(length, 1);
}

// PL/pgSQL reports "PL/pgSQL function inline_code_block line 3 at RAISE" for the body of a DO, in the language of the
// server, but always with that name before the number.
int do_body_line(const std::string& context) {
  constexpr std::string_view name = "inline_code_block";
  auto at = context.rfind(name);
  if (at == std::string::npos) return 0;
  at += name.size();
  while (at < context.size() && context[at] != '\n' && std::isdigit(static_cast<unsigned char>(context[at])) == 0) ++at;
  return at < context.size() ? std::atoi(context.c_str() + at) : 0;
}

// The byte behind the quote that opens the body: a dollar quote, or a plain one.
std::size_t body_start(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\'') return at + 1;
    if (text[at] != '$') continue;
    const auto close = text.find('$', at + 1);
    if (close != std::string_view::npos) return close + 1;
  }
  return std::string_view::npos;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// Most errors of DDL come without a position, and name what they are about in quotes: column "stauts" of relation
// "invoices" does not exist. Where the statement has the first such name exactly once, that is the place: the code
// point it begins at, from 1. 0 where it cannot be told.
int named_position(std::string_view text, std::string_view message) {
  const auto open = message.find('"');
  if (open == std::string_view::npos) return 0;
  const auto close = message.find('"', open + 1);
  if (close == std::string_view::npos || close == open + 1) return 0;
  const std::string_view name = message.substr(open + 1, close - open - 1);
  std::size_t found = std::string_view::npos;
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const bool whole =
        (at == 0 || !is_word(text[at - 1])) && (at + name.size() == text.size() || !is_word(text[at + name.size()]));
    if (!whole) continue;
    if (found != std::string_view::npos) return 0;
    found = at;
  }
  if (found == std::string_view::npos) return 0;
  const auto before = text.substr(0, found);
  return static_cast<int>(std::ranges::count_if(before, [](char c) { return !is_continuation(c); })) + 1;
}

std::string line_of(const StatementPlace& place, int line) {
  if (place.script != nullptr && !place.script->empty()) {
    const auto reader = place.script->open();
    return sql::line_text(*reader, line - place.script->first_line() + 1);
  }
  std::string_view text = place.text;
  for (int at = place.where.line; at < line; ++at) {
    const auto newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  return std::string(text.substr(0, std::min<std::size_t>(text.find('\n'), 200)));
}

}  // namespace

FoundPlace find_place(const StatementPlace& place, const ServerPosition& said) {
  FoundPlace found;
  if (place.where.line == 0) return found;
  found.where = place.where;
  found.where.length = token_length(place.text, 1);
  const int body_line = said.position > 0 ? 0 : do_body_line(said.context);
  const int position = said.position > 0 || body_line > 0 ? said.position : named_position(place.text, said.message);
  if (position > 0) {
    sql::Statement statement;
    statement.text = place.text;
    statement.line = place.where.line;
    statement.column = std::max(place.where.column, 1);
    found.where = sql::position_in_file(statement, place.where.file, position);
    found.where.length = token_length(place.text, position);
  } else if (body_line > 0) {
    const auto start = body_start(place.text);
    if (start != std::string_view::npos) {
      const auto before = std::count(place.text.begin(), place.text.begin() + static_cast<std::ptrdiff_t>(start), '\n');
      const int in_file = place.where.line + static_cast<int>(before) + body_line - 1;
      if (in_file != place.where.line) found.where = {place.where.file, in_file, 0, 0};
    }
  }
  try {
    found.line_text = line_of(place, found.where.line);
  } catch (const Failure&) {
    // The file went away meanwhile: the server's error is what matters.
  }
  if (found.where.column == 0) {
    const auto first = found.line_text.find_first_not_of(" \t");
    if (first != std::string::npos) found.where.column = static_cast<int>(first) + 1;
  }
  return found;
}

}  // namespace dunlin::postgres
