#include "base/wall_time.h"

#include <gtest/gtest.h>

namespace dunlin {
namespace {

using namespace std::chrono;

const auto kTime = sys_time<microseconds>(sys_days(2026y / January / 1) + 10h + 2min + 3s + 123456us);
const auto kWhole = sys_time<microseconds>(sys_days(2026y / January / 1) + 10h + 2min + 3s);

TEST(WallTime, ParsesRfc3339AndSqlTimestamps) {
  EXPECT_EQ(parse_wall_time("2026-01-01T10:02:03.123456Z"), kTime);
  EXPECT_EQ(parse_wall_time("2026-01-01 10:02:03.123456+00"), kTime);
  EXPECT_EQ(parse_wall_time("2026-01-01 10:02:03.123456789"), kTime);
  EXPECT_EQ(parse_wall_time("2026-01-01 10:02:03"), kWhole);
  EXPECT_EQ(parse_wall_time("2026-01-01 15:32:03+05:30"), kWhole);
  EXPECT_EQ(parse_wall_time("2026-01-01 15:32:03+0530"), kWhole);
  EXPECT_EQ(parse_wall_time("2026-01-01 07:02:03-03"), kWhole);
  EXPECT_EQ(parse_wall_time("2026-01-01 10:02:03.5Z"), kWhole + 500ms);
  EXPECT_EQ(parse_wall_time("2026-01-01 10:21:35+00:19:32"), kWhole);
}

TEST(WallTime, RefusesEverythingElse) {
  for (const char* text :
       {"", "infinity", "-infinity", "2026-01-01", "2026-02-30 10:02:03", "2026-01-01 10:02", "2026-01-01 10:02:03 BC",
        "2026-01-01 10:02:03.", "2026-01-01 99:02:03", "2026-01-01 10:02:03+", "26-01-01 10:02:03",
        "2026-01-01 10:02:03Zx", "2026-13-01 10:02:03"}) {
    EXPECT_EQ(parse_wall_time(text), std::nullopt) << text;
  }
}

TEST(WallTime, FormatsInUtc) {
  EXPECT_EQ(format_rfc3339(kTime), "2026-01-01T10:02:03.123456Z");
  EXPECT_EQ(format_rfc3339(kWhole), "2026-01-01T10:02:03Z");
  EXPECT_EQ(format_minute(kTime), "2026-01-01 10:02");
  EXPECT_EQ(format_compact(floor<seconds>(kTime)), "20260101100203");
}

TEST(WallTime, TimesBeforeTheEpochKeepTheirFraction) {
  const auto time = parse_wall_time("1969-12-31 23:59:59.250000Z");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(format_rfc3339(*time), "1969-12-31T23:59:59.250000Z");
}

}  // namespace
}  // namespace dunlin
