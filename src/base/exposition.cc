#include "base/exposition.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace dunlin {
namespace {

std::string escaped(std::string_view text, bool quoted) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (quoted && c == '"')) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, false), name, type);
}

void Exposition::sample(std::string_view suffix, double value, Labels labels, std::string_view bucket) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [label, content] : labels) {
    fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", before, label, escaped(content, true));
    before = ',';
  }
  if (!bucket.empty()) {
    fmt::format_to(std::back_inserter(text_), "{}le=\"{}\"", before, bucket);
    before = ',';
  }
  if (before == ',') text_ += '}';
  const bool whole = std::abs(value) < 1e15 && value == std::trunc(value);
  fmt::format_to(std::back_inserter(text_), fmt::runtime(whole ? " {:.0f}\n" : " {}\n"), value);
}

}  // namespace dunlin
