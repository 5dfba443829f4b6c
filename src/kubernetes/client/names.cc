#include "kubernetes/client/names.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/ascii.h"

namespace dunlin::kubernetes {
namespace {

bool is_label_letter(char c) {
  return ascii::is_digit(c) || (c >= 'a' && c <= 'z');
}

// FNV-1a. It keeps names apart; nothing relies on its being hard to guess.
std::string short_hash(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("{:010x}", hash >> 24U);
}

}  // namespace

bool is_dns_label(std::string_view name) {
  return !name.empty() && name.size() <= kLabelBytes && is_label_letter(name.front()) && is_label_letter(name.back()) &&
         std::ranges::all_of(name, [](char c) { return is_label_letter(c) || c == '-'; });
}

std::string dns_label(std::string_view name, std::size_t bytes) {
  if (is_dns_label(name) && name.size() <= bytes) return std::string(name);
  const std::string hash = short_hash(name);
  std::string label;
  for (const char c : name.substr(0, bytes - hash.size() - 1)) {
    const char lower = ascii::lower(c);
    label += is_label_letter(lower) ? lower : '-';
  }
  label.erase(0, label.find_first_not_of('-'));
  return label.empty() ? "x" + hash : label + "-" + hash;
}

std::string label_value(std::string_view name) {
  const auto is_end = [](char c) { return ascii::is_digit(c) || ascii::is_letter(c); };
  const bool valid = !name.empty() && name.size() <= kLabelBytes && is_end(name.front()) && is_end(name.back()) &&
                     std::ranges::all_of(name, [&](char c) { return is_end(c) || c == '-' || c == '_' || c == '.'; });
  return valid ? std::string(name) : dns_label(name);
}

}  // namespace dunlin::kubernetes
