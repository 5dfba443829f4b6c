#include "base/redact.h"

#include <algorithm>
#include <array>

namespace dunlin {
namespace {

constexpr std::array<std::string_view, 8> kSecretKeys{"password", "passwd", "pwd",    "passphrase",
                                                      "secret",   "token",  "apikey", "api_key"};
constexpr std::size_t kShortestKnown = 4;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_alpha(c) || is_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(),
                    [](char x, char y) { return lower(x) == y; });
}

bool is_secret_key(std::string_view key) {
  return std::any_of(kSecretKeys.begin(), kSecretKeys.end(), [&](std::string_view secret) {
    return key.size() >= secret.size() && equals(key.substr(key.size() - secret.size()), secret);
  });
}

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
    copy(word.size());
    if (is_secret_key(word)) {
      if (!setting(quoted_key)) sql_literal();
    } else if (equals(word, "identified")) {
      identified();
    }
  }

  // password=VALUE and "password": VALUE. A colon after a bare word is prose: "wrong password: try again".
  bool setting(bool quoted_key) {
    std::size_t next = at_;
    const bool closed = quoted_key && next < text_.size() && text_[next] == '"';
    if (closed) ++next;
    next = skip_spaces(next);
    const bool assigns = next < text_.size() && (text_[next] == '=' || (closed && text_[next] == ':'));
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
    return text.back() == '(' || equals(text, "e") || equals(text, "n") || equals(text, "u&");
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
    while (open < text_.size() && (is_alpha(text_[open]) || text_[open] == '&') && open - next < 2) ++open;
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

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string percent_encoded(std::string_view text, std::string_view digits) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      result += c;
    } else {
      result += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return result;
}

std::string escaped(std::string_view text, std::string_view what, bool by_doubling) {
  std::string result;
  for (const char c : text) {
    if (what.find(c) != std::string_view::npos) result += by_doubling ? c : '\\';
    result += c;
  }
  return result;
}

// The parts of a URL or conninfo string, as they are spelled.
struct Credentials {
  std::vector<std::string_view> secrets;
  std::vector<std::string_view> names;
};

void read_userinfo(std::string_view url, std::size_t authority, Credentials& found) {
  std::string_view rest = url.substr(authority);
  std::size_t last_at = rest.substr(0, rest.find('?')).rfind('@');
  // A '?' that nobody encoded in the password.
  if (last_at == std::string_view::npos) last_at = rest.rfind('@');
  if (last_at != std::string_view::npos) {
    const std::string_view userinfo = rest.substr(0, last_at);
    const std::size_t colon = userinfo.find(':');
    found.names.push_back(userinfo.substr(0, colon));
    if (colon != std::string_view::npos) found.secrets.push_back(userinfo.substr(colon + 1));
    rest.remove_prefix(last_at + 1);
  }
  rest = rest.substr(0, rest.find('?'));
  const std::size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  found.names.push_back(host.substr(0, host.find(':')));
  if (slash != std::string_view::npos) found.names.push_back(rest.substr(slash + 1));
}

// key=value pairs after '?' or separated by spaces; values may be quoted in the libpq way.
void read_settings(std::string_view text, std::string_view separators, Credentials& found) {
  for (std::size_t equals_sign = text.find('='); equals_sign != std::string_view::npos;) {
    std::size_t key_begin = equals_sign;
    while (key_begin > 0 && (is_word(text[key_begin - 1]) || is_space(text[key_begin - 1]))) {
      if (is_space(text[key_begin - 1]) && key_begin < equals_sign && is_word(text[key_begin])) break;
      --key_begin;
    }
    std::string_view key = text.substr(key_begin, equals_sign - key_begin);
    while (!key.empty() && is_space(key.back())) key.remove_suffix(1);
    std::size_t begin = equals_sign + 1;
    while (begin < text.size() && is_space(text[begin])) ++begin;
    const bool quoted = begin < text.size() && text[begin] == '\'';
    if (quoted) ++begin;
    std::size_t end = begin;
    while (end < text.size() && (quoted ? text[end] != '\'' : separators.find(text[end]) == std::string_view::npos))
      end += text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
    const std::string_view value = text.substr(begin, end - begin);
    if (is_secret_key(key)) {
      found.secrets.push_back(value);
    } else if (equals(key, "user") || equals(key, "host") || equals(key, "dbname")) {
      found.names.push_back(value);
    }
    equals_sign = text.find('=', end);
  }
}

}  // namespace

std::string redact(std::string_view text) {
  return Redactor(text).run();
}

void SecretSet::add(std::string_view value) {
  const std::string decoded = percent_decoded(value);
  std::vector<std::string> forms{std::string(value), decoded};
  for (const std::string_view plain : {value, std::string_view(decoded)}) {
    forms.push_back(percent_encoded(plain, "0123456789ABCDEF"));
    forms.push_back(percent_encoded(plain, "0123456789abcdef"));
    forms.push_back(escaped(plain, "'", true));
    forms.push_back(escaped(plain, "'\\", false));
    forms.push_back(escaped(plain, "\"\\", false));
  }
  for (std::string& form : forms) {
    const bool known = std::find(forms_.begin(), forms_.end(), form) != forms_.end();
    if (form.size() >= kShortestKnown && !known) forms_.push_back(std::move(form));
  }
  std::stable_sort(forms_.begin(), forms_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

void SecretSet::add_from_url(std::string_view url) {
  Credentials found;
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    read_userinfo(url, scheme + 3, found);
    const std::size_t query = url.find('?');
    if (query != std::string_view::npos) read_settings(url.substr(query + 1), "&", found);
  } else {
    read_settings(url, " \t\r\n", found);
  }
  for (const std::string_view secret : found.secrets) {
    const bool shown_anyway = std::find(found.names.begin(), found.names.end(), secret) != found.names.end();
    if (!shown_anyway) add(secret);
  }
}

std::string SecretSet::mask(std::string_view text) const {
  std::string hidden;
  hidden.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto form =
        std::find_if(forms_.begin(), forms_.end(), [&](const std::string& secret) { return rest.starts_with(secret); });
    if (form == forms_.end()) {
      hidden += text[at++];
    } else {
      hidden += kMask;
      at += form->size();
    }
  }
  return redact(hidden);
}

}  // namespace dunlin
