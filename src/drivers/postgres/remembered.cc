#include "drivers/postgres/remembered.h"

#include <algorithm>

namespace dunlin::postgres {
namespace {

constexpr std::string_view kPath = "path=";

// Cuts the text before the first `separator` off the front.
std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

}  // namespace

Remembered::Remembered(std::string_view text) {
  while (!text.empty()) {
    if (text.starts_with(kPath)) {
      path_ = text.substr(kPath.size());
      return;
    }
    std::string_view pair = take_until(text, ' ');
    const std::string_view key = take_until(pair, '=');
    set(std::string(key), std::string(pair));
  }
}

void Remembered::set(const std::string& key, const std::string& value) {
  if (!value.empty()) values_[key] = value;
}

std::string Remembered::get(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string() : found->second;
}

bool Remembered::has(const std::string& key, std::string_view item) const {
  const std::string list = get(key);
  std::string_view left = list;
  while (!left.empty()) {
    if (take_until(left, ',') == item) return true;
  }
  return false;
}

std::string Remembered::text() const {
  std::string text;
  for (const auto& [key, value] : values_) text += key + "=" + value + " ";
  text += kPath;
  return text + path_;
}

}  // namespace dunlin::postgres
