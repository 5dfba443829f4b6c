#include "base/wall_time.h"

#include <fmt/format.h>

namespace dunlin {
namespace {

using namespace std::chrono;

class TimeParser {
 public:
  explicit TimeParser(std::string_view text) : rest_(text) {}

  std::optional<sys_time<microseconds>> parse() {
    const int years = number(4);
    expect('-');
    const int months = number(2);
    expect('-');
    const int day_of_month = number(2);
    if (!accept(' ') && !accept('T')) expect('t');
    const int hour = number(2);
    expect(':');
    const int minute = number(2);
    expect(':');
    const int second = number(2);
    const microseconds fraction = this->fraction();
    const seconds offset = this->offset();
    const year_month_day date{year{years}, month{static_cast<unsigned>(months)},
                              day{static_cast<unsigned>(day_of_month)}};
    if (failed_ || !rest_.empty() || !date.ok() || hour > 24 || minute > 59 || second > 60) return std::nullopt;
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset + fraction;
  }

 private:
  static bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

  bool accept(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) failed_ = true;
  }
  bool at_digit() const { return !rest_.empty() && is_digit(rest_.front()); }

  int number(int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (!at_digit()) {
        failed_ = true;
        return 0;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  microseconds fraction() {
    if (!accept('.')) return {};
    if (!at_digit()) failed_ = true;
    int value = 0;
    int digits = 0;
    for (; at_digit(); rest_.remove_prefix(1)) {
      if (digits == 6) continue;
      value = value * 10 + (rest_.front() - '0');
      ++digits;
    }
    for (; digits < 6; ++digits) value *= 10;
    return microseconds(value);
  }

  seconds offset() {
    if (rest_.empty() || accept('Z') || accept('z')) return {};
    const bool west = accept('-');
    if (!west) expect('+');
    seconds value = hours(number(2));
    if (accept(':') || at_digit()) value += minutes(number(2));
    if (accept(':')) value += seconds(number(2));
    return west ? -value : value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

struct Fields {
  explicit Fields(sys_time<microseconds> time) : days(floor<std::chrono::days>(time)), date(days), clock(time - days) {}
  sys_days days;
  year_month_day date;
  hh_mm_ss<microseconds> clock;

  int year() const { return static_cast<int>(date.year()); }
  unsigned month() const { return static_cast<unsigned>(date.month()); }
  unsigned day() const { return static_cast<unsigned>(date.day()); }
};

}  // namespace

std::optional<sys_time<microseconds>> parse_wall_time(std::string_view text) {
  return TimeParser(text).parse();
}

std::string format_rfc3339(sys_time<microseconds> time) {
  const Fields at(time);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", at.year(), at.month(), at.day(),
                                 at.clock.hours().count(), at.clock.minutes().count(), at.clock.seconds().count());
  if (at.clock.subseconds().count() != 0) text += fmt::format(".{:06}", at.clock.subseconds().count());
  return text + "Z";
}

std::string format_minute(sys_time<microseconds> time) {
  const Fields at(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", at.year(), at.month(), at.day(), at.clock.hours().count(),
                     at.clock.minutes().count());
}

std::string format_compact(sys_seconds time) {
  const Fields at(time);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", at.year(), at.month(), at.day(), at.clock.hours().count(),
                     at.clock.minutes().count(), at.clock.seconds().count());
}

}  // namespace dunlin
