#include "formats/numbering.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "base/wall_time.h"
#include "core/integer_version.h"
#include "dunlin/error.h"

namespace dunlin::formats {
namespace {

// Above any counter that people keep by hand, below any date.
constexpr std::int64_t kFirstDate = 1'000'000;
// File systems take 255 bytes; the version and the longest suffix need some.
constexpr std::size_t kLongestName = 200;

// 10 where versions go 10, 20, 30; 100 where they go 100, 200, 300.
std::int64_t step_of(const std::vector<std::int64_t>& versions) {
  for (const std::int64_t step : {100, 10}) {
    const bool fits = std::all_of(versions.begin(), versions.end(), [&](std::int64_t v) { return v % step == 0; });
    if (versions.size() >= 3 && fits) return step;
  }
  return 1;
}

std::string next_number(const std::vector<std::string_view>& spelled, const std::vector<std::int64_t>& versions) {
  const std::int64_t newest = *std::max_element(versions.begin(), versions.end());
  const bool padded = std::any_of(spelled.begin(), spelled.end(),
                                  [](std::string_view text) { return text.size() > 1 && text.starts_with('0'); });
  std::size_t width = 1;
  if (padded) {
    for (const std::string_view text : spelled) width = std::max(width, text.size());
  }
  return fmt::format("{:0{}}", newest + step_of(versions), width);
}

// The newest version plus a second where it is a time, so that it stays one.
std::string after(std::int64_t newest) {
  const std::string text = std::to_string(newest);
  if (text.size() == 14) {
    const auto time =
        parse_wall_time(fmt::format("{}-{}-{} {}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                                    text.substr(8, 2), text.substr(10, 2), text.substr(12, 2)));
    if (time) {
      std::string next = format_compact(std::chrono::floor<std::chrono::seconds>(*time) + std::chrono::seconds(1));
      if (next > text) return next;
    }
  }
  if (newest == std::numeric_limits<std::int64_t>::max())
    throw Failure(ErrorKind::usage, fmt::format("there is no version after {}", newest), "rename the newest migration");
  return std::to_string(newest + 1);
}

}  // namespace

std::string next_version(const std::vector<std::string_view>& existing, std::int64_t now) {
  std::vector<std::int64_t> versions;
  for (const std::string_view text : existing) versions.push_back(parse_integer(text).value_or(0));
  const std::string time = format_compact(std::chrono::sys_seconds(std::chrono::seconds(now)));
  if (versions.empty()) return time;
  const std::int64_t newest = *std::max_element(versions.begin(), versions.end());
  if (newest < kFirstDate) return next_number(existing, versions);
  return parse_integer(time).value_or(0) > newest ? time : after(newest);
}

std::string name_from_description(std::string_view description) {
  for (const std::string_view suffix : {".up.sql", ".down.sql", ".sql"}) {
    if (description.ends_with(suffix)) description.remove_suffix(suffix.size());
  }
  std::string name;
  bool lower_before = false;
  for (const char c : description) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool breaks = (upper && lower_before) || (!upper && !lower);
    if (breaks && !name.empty() && name.back() != '_') name += '_';
    if (upper) name += static_cast<char>(c - 'A' + 'a');
    if (lower) name += c;
    lower_before = lower;
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty()) {
    throw Failure(ErrorKind::usage,
                  fmt::format("\"{}\" has no letter or digit that a file name is made of", description),
                  "describe the change in a few words of a-z and 0-9: dunlin new add_invoices");
  }
  if (name.size() > kLongestName) {
    throw Failure(ErrorKind::usage, fmt::format("the description is longer than {} characters", kLongestName),
                  "a few words are enough; the rest can be a comment in the file");
  }
  return name;
}

}  // namespace dunlin::formats
