#include "base/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view spelling;
  std::int64_t milliseconds;
};

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::array kUnits{Unit{"ms", 1},        Unit{"s", kSecond}, Unit{"sec", kSecond}, Unit{"m", kMinute},
                            Unit{"min", kMinute}, Unit{"h", kHour},   Unit{"d", kDay}};

// Ten years: beyond every sensible timeout, and far from overflow in nanoseconds.
constexpr std::int64_t kLongest = 3650 * kDay;

[[noreturn]] void fail(std::string_view text, std::string_view why) {
  throw Failure(ErrorKind::usage, fmt::format("\"{}\" is not a duration: {}", text, why),
                "write it like 500ms, 2s, 15min, 1h30m or 0");
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}
bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

class DurationParser {
 public:
  explicit DurationParser(std::string_view text) : text_(text), rest_(text) {}

  milliseconds parse() {
    skip_spaces();
    if (rest_.empty()) fail(text_, "it is empty");
    if (rest_.front() == '-') fail(text_, "it is negative");
    std::int64_t total = 0;
    std::int64_t last_unit = std::numeric_limits<std::int64_t>::max();
    while (!rest_.empty()) {
      const double amount = number();
      skip_spaces();
      const std::int64_t unit = this->unit(amount, last_unit);
      const double part = amount * static_cast<double>(unit);
      if (part + static_cast<double>(total) > static_cast<double>(kLongest)) fail(text_, "it is longer than ten years");
      total += static_cast<std::int64_t>(part + 0.5);
      last_unit = unit;
      skip_spaces();
    }
    return milliseconds(total);
  }

 private:
  void skip_spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }

  double number() {
    double value = 0;
    double scale = 0;
    std::size_t digits = 0;
    for (; !rest_.empty() && (is_digit(rest_.front()) || (rest_.front() == '.' && scale == 0));
         rest_.remove_prefix(1)) {
      if (rest_.front() == '.') {
        scale = 1;
        continue;
      }
      value = value * 10 + (rest_.front() - '0');
      scale *= 10;
      ++digits;
    }
    if (digits == 0)
      fail(text_, rest_.empty() ? "a number is missing at its end" : "a number is missing before its unit");
    return scale > 0 ? value / scale : value;
  }

  std::int64_t unit(double amount, std::int64_t last_unit) {
    std::size_t length = 0;
    while (length < rest_.size() && is_letter(rest_[length])) ++length;
    const std::string_view spelling = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (spelling.empty()) {
      const bool only_zero = amount == 0 && rest_.empty() && last_unit == std::numeric_limits<std::int64_t>::max();
      if (only_zero) return kSecond;
      fail(text_, rest_.empty() ? "its unit is missing" : fmt::format("'{}' does not belong there", rest_.front()));
    }
    for (const Unit& unit : kUnits) {
      if (unit.spelling != spelling) continue;
      if (unit.milliseconds >= last_unit) fail(text_, "its units stand in the wrong order");
      return unit.milliseconds;
    }
    fail(text_, fmt::format("there is no unit \"{}\"", spelling));
  }

  std::string_view text_;
  std::string_view rest_;
};

std::string two_units(std::int64_t value, std::int64_t per_large, std::string_view large, std::string_view small) {
  if (value % per_large == 0) return fmt::format("{} {}", value / per_large, large);
  return fmt::format("{} {} {} {}", value / per_large, large, value % per_large, small);
}

}  // namespace

milliseconds parse_duration(std::string_view text) {
  return DurationParser(text).parse();
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() < 0) duration = {};
  const double in_milliseconds = static_cast<double>(duration.count()) / 1e6;
  if (duration.count() == 0) return "0 ms";
  if (in_milliseconds < 0.95) return fmt::format("{:.1f} ms", std::max(in_milliseconds, 0.1));
  if (in_milliseconds < 999.5) return fmt::format("{:.0f} ms", in_milliseconds);
  if (in_milliseconds < 59'950) return fmt::format("{:.1f} s", in_milliseconds / 1000);
  const auto seconds = static_cast<std::int64_t>(in_milliseconds / 1000 + 0.5);
  if (seconds < 3600) return two_units(seconds, 60, "min", "s");
  if (seconds < 24 * 3600) return two_units(seconds / 60, 60, "h", "min");
  return two_units(seconds / 3600, 24, "d", "h");
}

std::string format_clock(std::chrono::nanoseconds duration) {
  const auto seconds = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(duration).count());
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace dunlin
