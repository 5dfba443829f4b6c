#include "base/secret_set.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/redact.h"

namespace dunlin {
namespace {

using ascii::equals_ignoring_case;
using ascii::is_digit;
using ascii::is_letter;
using ascii::is_space;
using ascii::is_word;

constexpr std::size_t kShortestKnown = 4;

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = ascii::lower(c);
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
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
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
    } else if (equals_ignoring_case(key, "user") || equals_ignoring_case(key, "host") ||
               equals_ignoring_case(key, "dbname")) {
      found.names.push_back(value);
    }
    equals_sign = text.find('=', end);
  }
}

}  // namespace

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
