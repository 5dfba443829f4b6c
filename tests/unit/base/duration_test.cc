#include "base/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string refusal(std::string_view text) {
  try {
    return "parsed as " + std::to_string(parse_duration(text).count());
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::usage);
    EXPECT_THAT(failure.error().hint, HasSubstr("500ms"));
    return failure.what();
  }
}

TEST(Duration, ParsesWhatPeopleWrite) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("2sec"), 2s);
  EXPECT_EQ(parse_duration("15min"), 15min);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("1 min 12 s"), 72s);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration(".5s"), 500ms);
  EXPECT_EQ(parse_duration("0"), 0ms);
  EXPECT_EQ(parse_duration("0s"), 0ms);
  EXPECT_EQ(parse_duration(" 7s "), 7s);
}

TEST(Duration, SaysWhatIsWrong) {
  EXPECT_EQ(refusal(""), "\"\" is not a duration: it is empty");
  EXPECT_EQ(refusal("15"), "\"15\" is not a duration: its unit is missing");
  EXPECT_EQ(refusal("-5s"), "\"-5s\" is not a duration: it is negative");
  EXPECT_EQ(refusal("5 parsecs"), "\"5 parsecs\" is not a duration: there is no unit \"parsecs\"");
  EXPECT_EQ(refusal("30m1h"), "\"30m1h\" is not a duration: its units stand in the wrong order");
  EXPECT_EQ(refusal("1s1s"), "\"1s1s\" is not a duration: its units stand in the wrong order");
  EXPECT_EQ(refusal("s"), "\"s\" is not a duration: a number is missing before its unit");
  EXPECT_EQ(refusal("1,5s"), "\"1,5s\" is not a duration: ',' does not belong there");
  EXPECT_EQ(refusal("99999999999999999999h"),
            "\"99999999999999999999h\" is not a duration: it is longer than ten years");
  EXPECT_EQ(refusal("0 0"), "\"0 0\" is not a duration: '0' does not belong there");
  EXPECT_EQ(refusal("1h30"), "\"1h30\" is not a duration: its unit is missing");
}

TEST(Duration, FormatsForPeople) {
  EXPECT_EQ(format_duration(0ns), "0 ms");
  EXPECT_EQ(format_duration(300us), "0.3 ms");
  EXPECT_EQ(format_duration(1us), "0.1 ms");
  EXPECT_EQ(format_duration(41ms), "41 ms");
  EXPECT_EQ(format_duration(999400us), "999 ms");
  EXPECT_EQ(format_duration(999600us), "1.0 s");
  EXPECT_EQ(format_duration(1200ms), "1.2 s");
  EXPECT_EQ(format_duration(59960ms), "1 min");
  EXPECT_EQ(format_duration(72s), "1 min 12 s");
  EXPECT_EQ(format_duration(12min), "12 min");
  EXPECT_EQ(format_duration(2h + 5min), "2 h 5 min");
  EXPECT_EQ(format_duration(76h), "3 d 4 h");
  EXPECT_EQ(format_duration(-5s), "0 ms");
}

TEST(Duration, FormatsARunningClock) {
  EXPECT_EQ(format_clock(0ns), "0:00");
  EXPECT_EQ(format_clock(42900ms), "0:42");
  EXPECT_EQ(format_clock(12min + 5s), "12:05");
  EXPECT_EQ(format_clock(1h + 2min + 3s), "1:02:03");
}

}  // namespace
}  // namespace dunlin
