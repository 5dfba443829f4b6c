#include "sql/tokens.h"

#include <algorithm>

#include "sql/characters.h"

namespace dunlin::sql {

bool Token::is(std::string_view capitals) const noexcept {
  return kind == Kind::word && is_word(text, capitals);
}

Token Tokens::take() {
  Token taken = current_;
  current_ = read();
  return taken;
}

bool Tokens::accept(std::string_view capitals) {
  if (!current_.is(capitals)) return false;
  take();
  return true;
}

bool Tokens::accept(char symbol) {
  if (!current_.is(symbol)) return false;
  take();
  return true;
}

void Tokens::skip_parentheses() {
  for (int depth = 1; depth > 0 && !current_.is_end();) {
    const Token token = take();
    if (token.is('(')) ++depth;
    if (token.is(')')) --depth;
  }
}

void Tokens::skip_blank() {
  const bool nested = dialect_ == Dialect::postgres;
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    if (is_space(rest[0])) {
      ++at_;
    } else if (rest.starts_with("--")) {
      at_ = std::min(text_.size(), text_.find_first_of(nested ? "\r\n" : "\n", at_));
    } else if (rest.starts_with("/*")) {
      int depth = 0;
      while (at_ < text_.size()) {
        const std::string_view here = text_.substr(at_, 2);
        if (here == "/*" && (nested || depth == 0)) {
          ++depth;
          at_ += 2;
        } else if (here == "*/") {
          at_ += 2;
          if (--depth == 0) break;
        } else {
          ++at_;
        }
      }
    } else {
      return;
    }
  }
}

void Tokens::skip_quoted(char close, bool escapes) {
  const char stops[] = {close, escapes ? '\\' : close};
  ++at_;
  for (;;) {
    at_ = text_.find_first_of(std::string_view(stops, 2), at_);
    if (at_ == std::string_view::npos) break;
    if (text_[at_] == '\\' && escapes) {
      at_ += 2;
    } else if (at_ + 1 < text_.size() && text_[at_ + 1] == close && close != ']') {
      at_ += 2;
    } else {
      ++at_;
      return;
    }
  }
  at_ = text_.size();
}

bool Tokens::skip_dollar_quoted() {
  std::size_t end = at_ + 1;
  if (end < text_.size() && is_digit(text_[end])) return false;
  while (end < text_.size() && text_[end] != '$' && is_name_part(text_[end])) ++end;
  if (end >= text_.size() || text_[end] != '$') return false;
  const std::string_view delimiter = text_.substr(at_, end + 1 - at_);
  const auto close = text_.find(delimiter, end + 1);
  at_ = close == std::string_view::npos ? text_.size() : close + delimiter.size();
  return true;
}

// Goes to the quote of a string's next piece, if white space with a newline and then a quote is next.
bool Tokens::find_continuation() {
  const auto next = text_.find_first_not_of(" \t\n\v\f\r", at_);
  if (next == std::string_view::npos || text_[next] != '\'') return false;
  if (text_.substr(at_, next - at_).find_first_of("\r\n") == std::string_view::npos) return false;
  at_ = next;
  return true;
}

Token Tokens::read() {
  skip_blank();
  current_begin_ = at_;
  if (at_ >= text_.size()) return {};
  const std::size_t from = at_;
  const auto token = [&](Token::Kind kind) { return Token{kind, text_.substr(from, at_ - from)}; };
  const char c = text_[at_];
  const bool postgres = dialect_ == Dialect::postgres;
  if (is_name_start(c) || (c == '$' && !postgres)) {
    while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
    if (at_ < text_.size() && text_[at_] == '\'' && at_ - from == 1 && to_upper(c) != 'U') {
      // E'', B'', X'', N''. One that goes on behind a newline keeps its kind; of the others nobody sees it.
      const bool escapes = to_upper(c) == 'E' && postgres;
      do skip_quoted('\'', escapes);
      while (escapes && find_continuation());
      return token(Token::Kind::text);
    }
    if (postgres && at_ - from == 1 && to_upper(c) == 'U' && text_.substr(at_, 1) == "&") {
      const char quote = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (quote == '\'' || quote == '"') {
        ++at_;
        skip_quoted(quote, false);
        return token(quote == '"' ? Token::Kind::quoted_name : Token::Kind::text);
      }
    }
    return token(Token::Kind::word);
  }
  if (is_digit(c)) {
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    return token(Token::Kind::number);
  }
  switch (c) {
    case '\'': skip_quoted('\'', false); return token(Token::Kind::text);
    case '"': skip_quoted('"', false); return token(Token::Kind::quoted_name);
    case '`':
    case '[':
      if (postgres) break;
      skip_quoted(c == '[' ? ']' : c, false);
      return token(Token::Kind::quoted_name);
    case '$':
      if (skip_dollar_quoted()) return token(Token::Kind::text);
      break;
    default: break;
  }
  ++at_;
  return token(Token::Kind::symbol);
}

namespace {

// The inside of a quoted token with doubled quotes made single.
std::string unquoted(std::string_view quoted) {
  const char close = quoted.front() == '[' ? ']' : quoted.front();
  quoted.remove_prefix(1);
  if (quoted.ends_with(close)) quoted.remove_suffix(1);
  std::string name;
  for (std::size_t k = 0; k < quoted.size(); ++k) {
    name += quoted[k];
    if (quoted[k] == close && k + 1 < quoted.size() && quoted[k + 1] == close) ++k;
  }
  return name;
}

}  // namespace

std::string name_of(Dialect dialect, const Token& token) {
  if (token.kind == Token::Kind::quoted_name) {
    std::string_view quoted = token.text;
    if (is_name_start(quoted.front())) quoted.remove_prefix(2);
    return unquoted(quoted);
  }
  // SQLite takes a string where a name is wanted.
  if (token.kind == Token::Kind::text && token.text.front() == '\'') return unquoted(token.text);
  return dialect == Dialect::postgres ? small_of(token.text) : std::string(token.text);
}

std::string value_of(const Token& token) {
  if (token.kind != Token::Kind::text) return std::string(token.text);
  std::string_view quoted = token.text;
  if (quoted.front() == '$') {
    const auto length = quoted.find('$', 1) + 1;
    if (quoted.size() < 2 * length) return {};
    return std::string(quoted.substr(length, quoted.size() - 2 * length));
  }
  const auto open = quoted.find('\'');
  return open == std::string_view::npos ? std::string(quoted) : unquoted(quoted.substr(open));
}

std::string capitals_of(std::string_view word) {
  std::string capitals(word);
  std::transform(capitals.begin(), capitals.end(), capitals.begin(), to_upper);
  return capitals;
}

std::string small_of(std::string_view word) {
  std::string small(word);
  std::transform(small.begin(), small.end(), small.begin(), to_lower);
  return small;
}

QualifiedName take_name(Dialect dialect, Tokens& tokens) {
  QualifiedName name;
  if (!tokens.peek().is_name() && !(dialect == Dialect::sqlite && tokens.peek().kind == Token::Kind::text)) return name;
  name.name = name_of(dialect, tokens.take());
  while (tokens.accept('.')) {
    if (!name.qualifier.empty()) name.qualifier += '.';
    name.qualifier += name.name;
    name.name = name_of(dialect, tokens.take());
  }
  return name;
}

}  // namespace dunlin::sql
