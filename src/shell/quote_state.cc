#include "shell/quote_state.h"

#include <algorithm>

#include "sql/characters.h"

namespace dunlin::shell {

bool QuoteState::take(std::string_view lines) {
  bool ends = lines.find('\0') != std::string_view::npos;
  for (std::size_t at = 0; at < lines.size();) at = inside() ? leave(lines, at) : skip(lines, at, ends);
  return ends;
}

void QuoteState::clear() {
  kind_ = Kind::none;
  may_go_on_ = goes_on_ = false;
}

std::size_t QuoteState::leave(std::string_view text, std::size_t at) {
  if (kind_ == Kind::escapes) return leave_escapes(text, at);
  if (kind_ == Kind::comment) return leave_comment(text, at);
  // A doubled quote closes and opens.
  const auto found = text.find(closing_, at);
  if (found == std::string_view::npos) return text.size();
  kind_ = Kind::none;
  return found + closing_.size();
}

std::size_t QuoteState::leave_escapes(std::string_view text, std::size_t at) {
  for (at = text.find_first_of("\\'", at); at != std::string_view::npos; at = text.find_first_of("\\'", at + 2)) {
    if (text[at] == '\\' || text.substr(at + 1, 1) == "'") continue;
    kind_ = Kind::none;
    may_go_on_ = true;
    return at + 1;
  }
  return text.size();
}

std::size_t QuoteState::leave_comment(std::string_view text, std::size_t at) {
  for (at = text.find_first_of("*/", at); at != std::string_view::npos; at = text.find_first_of("*/", at)) {
    const std::string_view here = text.substr(at, 2);
    at += here == "*/" || (here == "/*" && postgres_) ? 2 : 1;
    if (here == "/*" && postgres_) ++depth_;
    if (here != "*/" || --depth_ > 0) continue;
    kind_ = Kind::none;
    return at;
  }
  return text.size();
}

std::size_t QuoteState::open(Kind kind, std::size_t at) {
  kind_ = kind;
  may_go_on_ = goes_on_ = false;
  return at;
}

std::size_t QuoteState::open_dollar(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  if (end < text.size() && sql::is_name_start(text[end])) {
    while (end < text.size() && (sql::is_name_start(text[end]) || sql::is_digit(text[end]))) ++end;
  }
  if (text.substr(end, 1) != "$") return open(Kind::none, at + 1);
  closing_ = text.substr(at, end + 1 - at);
  return open(Kind::dollar, end + 1);
}

std::size_t QuoteState::skip(std::string_view text, std::size_t at, bool& ends) {
  const char c = text[at];
  if (sql::is_space(c)) {
    goes_on_ = goes_on_ || (may_go_on_ && (c == '\n' || c == '\r'));
    return at + 1;
  }
  if (text.substr(at, 2) == "--") return std::min(text.size(), text.find_first_of(postgres_ ? "\r\n" : "\n", at));
  if (text.substr(at, 2) == "/*") {
    depth_ = 1;
    return open(Kind::comment, at + 2);
  }
  if (c == '\'' && goes_on_) return open(Kind::escapes, at + 1);
  if (c == '\'' || c == '"' || (!postgres_ && (c == '`' || c == '['))) {
    closing_ = c == '[' ? ']' : c;
    return open(Kind::quoted, at + 1);
  }
  if (postgres_ && c == '$') return open_dollar(text, at);
  if (!postgres_ || !sql::is_name_start(c)) {
    ends = ends || c == ';' || c == '\\';
    return open(Kind::none, at + 1);
  }
  const std::size_t from = at;
  while (at < text.size() && sql::is_name_part(text[at])) ++at;
  if (sql::is_word(text.substr(from, at - from), "E") && text.substr(at, 1) == "'") return open(Kind::escapes, at + 1);
  return open(Kind::none, at);
}

}  // namespace dunlin::shell
