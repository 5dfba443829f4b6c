#include "sql/mask.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "sql/characters.h"

namespace dunlin::sql {
namespace {

struct Range {
  std::size_t from;
  std::size_t to;
};

// Looks at text, not at tokens: a secret may stand in a string, in a body, in a comment, or in half a statement.
class SecretFinder {
 public:
  explicit SecretFinder(std::string_view text) : text_(text) {}

  std::vector<Range> find() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if ((c == 'p' || c == 'P') && starts_with_word("PASSWORD")) {
        after_password(at_ + 8);
      } else if ((c == 'i' || c == 'I') && starts_with_word("IDENTIFIED")) {
        after_identified(at_ + 10);
      } else if (c == ':' && text_.substr(at_).starts_with("://")) {
        in_url(at_ + 3);
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  char char_at(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  std::size_t skip_space(std::size_t at) const {
    while (is_space(char_at(at))) ++at;
    return at;
  }
  std::string_view word_at(std::size_t at) const {
    std::size_t end = at;
    while (is_name_part(char_at(end))) ++end;
    return text_.substr(at, end - at);
  }
  bool starts_with_word(std::string_view capitals) const {
    return is_word(text_.substr(at_, capitals.size()), capitals) && !is_name_part(char_at(at_ + capitals.size()));
  }

  void hide(std::size_t from, std::size_t to) {
    to = std::min(to, text_.size());
    if (from < to) found_.push_back({from, to});
    at_ = std::max(at_ + 1, to);
  }

  void after_password(std::size_t at);
  void after_identified(std::size_t at);
  void in_url(std::size_t at);
  // Hides the literal that starts at `at`, if one does.
  bool hide_literal(std::size_t at);
  bool hide_quoted(std::size_t at);
  bool hide_dollar_quoted(std::size_t at);

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Range> found_;
};

bool SecretFinder::hide_quoted(std::size_t at) {
  const char quote = char_at(at);
  std::size_t run = 1;
  while (char_at(at + run) == quote) ++run;
  const std::size_t inside = at + run;
  const char first = char_at(inside);
  // '' is an empty string, unless what follows shows that it is a quote inside a string: EXECUTE '... PASSWORD
  // ''x''...'.
  if (run == 2 && (first == '\0' || is_space(first) || first == ';' || first == ',' || first == ')')) {
    at_ = inside;
    return true;
  }
  if (run > 1) {
    const auto end = text_.find(std::string(run, quote), inside);
    hide(inside, end == std::string_view::npos ? text_.size() : end);
    return true;
  }
  std::size_t end = inside;
  while (end < text_.size()) {
    if (text_[end] == '\\' && text_.find(quote, end + 2) != std::string_view::npos) {
      end += 2;
    } else if (text_[end] == quote && char_at(end + 1) == quote) {
      end += 2;
    } else if (text_[end] == quote) {
      break;
    } else {
      ++end;
    }
  }
  hide(inside, end);
  return true;
}

bool SecretFinder::hide_dollar_quoted(std::size_t at) {
  std::size_t end = at + 1;
  while (is_name_part(char_at(end)) && char_at(end) != '$') ++end;
  if (char_at(end) != '$') return false;
  const std::string_view delimiter = text_.substr(at, end + 1 - at);
  const auto close = text_.find(delimiter, end + 1);
  hide(end + 1, close == std::string_view::npos ? text_.size() : close);
  return true;
}

bool SecretFinder::hide_literal(std::size_t at) {
  const char c = char_at(at);
  if (c == '\'' || c == '"') return hide_quoted(at);
  if (c == '$') return hide_dollar_quoted(at);
  // E'', N'', U&''.
  const std::string_view prefix = word_at(at);
  if (prefix.size() != 1) return false;
  const std::size_t quote = at + (char_at(at + 1) == '&' ? 2 : 1);
  return char_at(quote) == '\'' && hide_quoted(quote);
}

void SecretFinder::after_password(std::size_t at) {
  at_ = at;
  // "password": and `password` = have the name quoted.
  if (const char c = char_at(at); c == '"' || c == '`' || c == ']' || c == '\'') {
    const char next = char_at(skip_space(at + 1));
    if (next == ':' || next == '=') ++at;
  }
  const std::size_t value = skip_space(at);
  if (hide_literal(value)) return;
  if (is_word(word_at(value), "FOR")) {
    // SET PASSWORD FOR somebody = '...'
    const auto equals = text_.find_first_of("=;", value);
    if (equals != std::string_view::npos && text_[equals] == '=') hide_literal(skip_space(equals + 1));
    return;
  }
  std::size_t operand = value;
  while (char_at(operand) == ':' || char_at(operand) == '=') ++operand;
  const bool assigned = operand > value;
  if (char_at(operand) == '(') {
    hide_literal(skip_space(operand + 1));
    return;
  }
  if (!assigned || hide_literal(skip_space(operand)) || operand != value + 1 || value != at) return;
  // password=x, as in a connection string or a URL's query.
  std::size_t end = operand;
  while (end < text_.size() && !is_space(text_[end]) && std::string_view("'\"&;,()").find(text_[end]) == text_.npos)
    ++end;
  if (char_at(end) == '(') {
    hide_literal(skip_space(end + 1));
    return;
  }
  hide(operand, end);
}

void SecretFinder::after_identified(std::size_t at) {
  at_ = at;
  // IDENTIFIED [WITH plugin] {BY | AS | USING} [PASSWORD] '...'
  bool value_next = false;
  for (;;) {
    at = skip_space(at);
    if (value_next && hide_literal(at)) return;
    const std::string_view word = word_at(at);
    if (word.empty()) {
      if (char_at(at) != '\'' && char_at(at) != '"') return;
      // The plugin's name may be quoted.
      const auto close = text_.find(char_at(at), at + 1);
      if (close == std::string_view::npos) return;
      at = close + 1;
      continue;
    }
    value_next = value_next || is_word(word, "BY") || is_word(word, "AS") || is_word(word, "USING");
    at += word.size();
  }
}

void SecretFinder::in_url(std::size_t at) {
  at_ = at;
  std::size_t end = at;
  while (end < text_.size() && !is_space(text_[end]) && std::string_view("/?#'\"<>`").find(text_[end]) == text_.npos)
    ++end;
  const std::string_view authority = text_.substr(at, end - at);
  const auto host = authority.rfind('@');
  const auto colon = authority.find(':');
  if (host != std::string_view::npos && colon < host) hide(at + colon + 1, at + host);
}

}  // namespace

std::string mask_literals(std::string_view sql) {
  std::string shown;
  std::size_t copied = 0;
  for (const Range& secret : SecretFinder(sql).find()) {
    shown.append(sql.substr(copied, secret.from - copied)).append("***");
    copied = secret.to;
  }
  return shown.append(sql.substr(copied));
}

std::string mask_line(std::string_view line) {
  std::string shown;
  std::size_t copied = 0;
  for (const Range& secret : SecretFinder(line).find()) {
    shown.append(line.substr(copied, secret.from - copied));
    shown.append(count_code_points(line.substr(secret.from, secret.to - secret.from)), '*');
    copied = secret.to;
  }
  return shown.append(line.substr(copied));
}

}  // namespace dunlin::sql
