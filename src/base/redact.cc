#include "base/redact.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace dunlin {
namespace {

using ascii::equals_ignoring_case;
using ascii::is_letter;
using ascii::is_space;
using ascii::is_word;

constexpr std::array<std::string_view, 14> kSecretKeys{
    "password", "passwd",     "pwd",        "passphrase",  "secret",     "token",       "apikey",
    "api_key",  "access_key", "secret_key", "private_key", "credential", "credentials", "encryption_key"};

// What ends a value without quotes.
bool ends_value(char c) {
  return is_space(c) || c == '&' || c == ',' || c == ';' || c == ')' || c == '}' || c == '"' || c == '\'';
}

// One pass over the text, copying what may be shown.
class Redactor {
 public:
  explicit Redactor(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (is_word(text_[at_])) {
        word();
      } else if (text_.substr(at_).starts_with("://") && at_ > 0 && is_word(text_[at_ - 1])) {
        url();
      } else {
        copy(1);
      }
    }
    return std::move(shown_);
  }

 private:
  void copy(std::size_t count) {
    shown_ += text_.substr(at_, count);
    at_ += count;
  }
  void mask_to(std::size_t end) {
    shown_ += kMask;
    at_ = end;
  }
  std::size_t skip_spaces(std::size_t at) const {
    while (at < text_.size() && is_space(text_[at])) ++at;
    return at;
  }

  void word() {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    const bool quoted_key = at_ > 0 && text_[at_ - 1] == '"';
    const bool first = begins_line();
    if (is_signed_token(word)) return mask_to(token_end(at_));
    copy(word.size());
    if (is_secret_key(word)) {
      if (!setting(quoted_key, first)) sql_literal();
    } else if (equals_ignoring_case(word, "authorization")) {
      authorization();
    } else if (equals_ignoring_case(word, "bearer")) {
      bearer();
    } else if (equals_ignoring_case(word, "identified")) {
      identified();
    }
  }

  // But for what YAML lets stand before a key.
  bool begins_line() const {
    std::size_t before = at_;
    while (before > 0 && (text_[before - 1] == ' ' || text_[before - 1] == '-' || text_[before - 1] == '\t')) --before;
    return before == 0 || text_[before - 1] == '\n';
  }

  // A JSON web token: its first part is that of '{"'.
  bool is_signed_token(std::string_view word) const {
    return word.starts_with("eyJ") && text_.substr(at_, token_end(at_) - at_).find('.') != std::string_view::npos;
  }
  std::size_t token_end(std::size_t at) const {
    while (at < text_.size() &&
           (is_word(text_[at]) || std::string_view("-.+/=~").find(text_[at]) != std::string_view::npos))
      ++at;
    return at;
  }

  // Authorization: SCHEME VALUE, to the end of the line.
  void authorization() {
    std::size_t next = at_;
    if (next < text_.size() && (text_[next] == '"' || text_[next] == '\'')) ++next;
    next = skip_spaces(next);
    if (next == text_.size() || (text_[next] != ':' && text_[next] != '=')) return;
    copy(skip_spaces(next + 1) - at_);
    mask_to(std::min(text_.find_first_of("\n\"'", at_), text_.size()));
  }

  // Bearer VALUE. What has no digit and is short is prose.
  void bearer() {
    const std::size_t begin = skip_spaces(at_);
    const std::size_t end = token_end(begin);
    const std::string_view value = text_.substr(begin, end - begin);
    constexpr std::size_t kShortest = 12;
    if (begin == at_ || value.size() < kShortest || value.find_first_of("0123456789") == std::string_view::npos) return;
    copy(begin - at_);
    mask_to(end);
  }

  // One word, and nothing behind it on its line.
  bool is_line_of_one_word(std::size_t at) const {
    const std::size_t end = std::min(text_.find('\n', at), text_.size());
    return at < end && text_.substr(at, end - at).find(' ') == std::string_view::npos;
  }

  // password=VALUE, "password": VALUE, and a line of its own "password: VALUE". A colon after a bare word is prose
  // elsewhere: "wrong password: try again".
  bool setting(bool quoted_key, bool first) {
    std::size_t next = at_;
    const bool closed = quoted_key && next < text_.size() && text_[next] == '"';
    if (closed) ++next;
    next = skip_spaces(next);
    const bool has_colon = next < text_.size() && text_[next] == ':';
    const bool is_line = has_colon && first && is_line_of_one_word(skip_spaces(next + 1));
    const bool assigns = next < text_.size() && (text_[next] == '=' || (closed && has_colon) || is_line);
    if (!assigns) return false;
    next = skip_spaces(next + 1);
    copy(next - at_);
    value();
    return true;
  }

  void value() {
    std::size_t end = at_;
    if (end < text_.size() && (text_[end] == '\'' || text_[end] == '"')) {
      copy(1);
      end = quoted_end(at_, text_[at_ - 1]);
      const bool closed = end < text_.size();
      // password=''pw'' inside a quoted string: what touches the closing quote belongs to the value.
      const bool touched = closed && end + 1 < text_.size() && !ends_value(text_[end + 1]);
      if (touched) end = bare_end(end + 1);
    } else {
      end = bare_end(end);
      if (end == at_) return;
      if (end < text_.size() && text_[end] == '\'' && begins_literal(text_.substr(at_, end - at_))) {
        copy(end + 1 - at_);
        end = quoted_end(at_, '\'');
      }
    }
    mask_to(end);
  }

  // E'x', N'x', U&'x', PASSWORD('x').
  static bool begins_literal(std::string_view text) {
    return text.back() == '(' || equals_ignoring_case(text, "e") || equals_ignoring_case(text, "n") ||
           equals_ignoring_case(text, "u&");
  }

  std::size_t bare_end(std::size_t at) const {
    while (at < text_.size() && !ends_value(text_[at])) at += text_[at] == '\\' && at + 1 < text_.size() ? 2 : 1;
    return at;
  }

  // Where the closing quote stands, or the end of the text.
  std::size_t quoted_end(std::size_t at, char quote) const {
    while (at < text_.size()) {
      if (text_[at] == '\\' && at + 1 < text_.size()) {
        at += 2;
      } else if (text_[at] != quote) {
        ++at;
      } else if (at + 1 < text_.size() && text_[at + 1] == quote) {
        at += 2;
      } else {
        return at;
      }
    }
    return text_.size();
  }

  // PASSWORD 'x', PASSWORD E'x', PASSWORD('x'), PASSWORD $tag$x$tag$.
  bool sql_literal() {
    std::size_t next = skip_spaces(at_);
    if (next < text_.size() && text_[next] == '(') next = skip_spaces(next + 1);
    if (next == at_) return false;
    std::size_t open = next;
    while (open < text_.size() && (is_letter(text_[open]) || text_[open] == '&') && open - next < 2) ++open;
    if (open < text_.size() && text_[open] == '\'') {
      copy(open + 1 - at_);
      mask_to(quoted_end(at_, '\''));
      return true;
    }
    if (next < text_.size() && text_[next] == '$') {
      const std::size_t tag_end = text_.find('$', next + 1);
      if (tag_end == std::string_view::npos) return false;
      const std::string_view tag = text_.substr(next, tag_end - next + 1);
      if (!std::all_of(tag.begin() + 1, tag.end() - 1, is_word)) return false;
      copy(next + tag.size() - at_);
      mask_to(std::min(text_.find(tag, at_), text_.size()));
      return true;
    }
    return false;
  }

  // IDENTIFIED BY 'x', IDENTIFIED BY PASSWORD 'x', IDENTIFIED WITH 'plugin' BY|AS|USING 'x': every literal near it.
  void identified() {
    for (int words = 0; words < 6; ++words) {
      if (sql_literal()) {
        copy(std::min<std::size_t>(1, text_.size() - at_));
        continue;
      }
      const std::size_t next = skip_spaces(at_);
      std::size_t end = next;
      while (end < text_.size() && is_word(text_[end])) ++end;
      if (end == next) return;
      copy(end - at_);
    }
  }

  // At "://". The password may hold anything that people forget to encode, so it reaches to the last '@' of the word.
  void url() {
    copy(3);
    std::size_t end = at_;
    while (end < text_.size() && !is_space(text_[end]) && text_[end] != '"' && text_[end] != '<' && text_[end] != '>')
      ++end;
    const std::string_view rest = text_.substr(at_, end - at_);
    const std::size_t last_at = rest.rfind('@');
    if (last_at == std::string_view::npos) return;
    const std::size_t colon = rest.substr(0, last_at).find(':');
    if (colon == std::string_view::npos) return;
    copy(colon + 1);
    mask_to(at_ + (last_at - colon - 1));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string shown_;
};

}  // namespace

bool is_secret_key(std::string_view key) {
  return std::any_of(kSecretKeys.begin(), kSecretKeys.end(), [&](std::string_view secret) {
    return key.size() >= secret.size() && equals_ignoring_case(key.substr(key.size() - secret.size()), secret);
  });
}

std::string redact(std::string_view text) {
  return Redactor(text).run();
}

}  // namespace dunlin
