#include "cli/dotenv.h"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/text_file.h"

namespace dunlin::cli {
namespace {

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, std::string shown_as,
         const std::map<std::string, std::string, std::less<>>& environment)
      : text_(text), environment_(environment) {
    file_.path = std::move(shown_as);
  }

  EnvFile parse() {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    while (at_ < text_.size()) {
      ++line_;
      parse_line();
    }
    return std::move(file_);
  }

 private:
  void parse_line() {
    const int first_line = line_;
    skip_blanks();
    if (at_end_of_line() || peek() == '#') return skip_line();
    std::string name = read_name();
    if (name == "export") {
      skip_blanks();
      name = read_name();
    }
    skip_blanks();
    if (name.empty() || at_end_of_line() || peek() != '=') {
      complain(first_line, "this line is not NAME=value and is left out");
      return skip_line();
    }
    ++at_;
    skip_blanks();
    std::optional<std::string> value = read_value(first_line);
    skip_line();
    if (value) file_.entries.insert_or_assign(std::move(name), EnvFile::Entry{std::move(*value), first_line});
  }

  std::string read_name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::optional<std::string> read_value(int first_line) {
    std::string value;
    std::string bare;
    const auto flush_bare = [&](bool last) {
      value += last ? std::string(trimmed(bare)) : bare;
      bare.clear();
    };
    while (!at_end_of_line()) {
      const char c = peek();
      if (c == '#' && (bare.empty() ? value.empty() : std::isspace(static_cast<unsigned char>(bare.back())) != 0))
        break;
      if (c == '\'' || c == '"') {
        flush_bare(false);
        if (!read_quoted(c, value)) {
          complain(first_line, "a quote is opened and never closed; the variable is left out");
          return std::nullopt;
        }
      } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '$') {
        bare += '$';
        at_ += 2;
      } else if (c == '$') {
        ++at_;
        bare += substitute();
      } else {
        bare += c;
        ++at_;
      }
    }
    flush_bare(true);
    return value;
  }

  // Quoted text may run over several lines.
  bool read_quoted(char quote, std::string& value) {
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return true;
      }
      if (c == '\n') ++line_;
      if (quote == '"' && c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        value += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
      } else if (quote == '"' && c == '$') {
        ++at_;
        value += substitute();
        --at_;
      } else {
        value += c;
      }
    }
    return false;
  }

  // Behind a $. One that names nothing stays as it is written.
  std::string substitute() {
    const std::size_t begin = at_;
    const bool braces = at_ < text_.size() && text_[at_] == '{';
    if (braces) ++at_;
    const std::string name = read_name();
    if (name.empty() || (braces && (at_ >= text_.size() || text_[at_] != '}'))) {
      at_ = begin;
      return "$";
    }
    if (braces) ++at_;
    if (const auto found = environment_.find(name); found != environment_.end()) return found->second;
    if (const auto found = file_.entries.find(name); found != file_.entries.end()) return found->second.value;
    complain(line_, fmt::format("${} is not defined here and becomes empty; write \\$ for a dollar sign", name));
    return {};
  }

  void complain(int line, std::string message) {
    file_.diagnostics.push_back({.severity = Severity::warning,
                                 .code = "env-file",
                                 .message = std::move(message),
                                 .where = {.file = file_.path, .line = line}});
  }

  char peek() const { return text_[at_]; }
  bool at_end_of_line() const {
    return at_ >= text_.size() || text_[at_] == '\n' || (text_[at_] == '\r' && text_.substr(at_).starts_with("\r\n"));
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  void skip_line() {
    const auto end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  std::string_view text_;
  const std::map<std::string, std::string, std::less<>>& environment_;
  EnvFile file_;
  std::size_t at_ = 0;
  int line_ = 0;
};

}  // namespace

EnvFile parse_env_file(std::string_view text, std::string shown_as,
                       const std::map<std::string, std::string, std::less<>>& environment) {
  return Parser(text, std::move(shown_as), environment).parse();
}

EnvFile read_env_file(const std::string& path, const std::map<std::string, std::string, std::less<>>& environment) {
  const std::optional<std::string> text = read_text_file(path);
  if (!text) return {};
  return parse_env_file(*text, path, environment);
}

}  // namespace dunlin::cli
