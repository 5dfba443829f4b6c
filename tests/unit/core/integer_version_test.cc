#include "core/integer_version.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace dunlin {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(IntegerVersion, ParsesSignsAndLeadingZeros) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("0007"), 7);
  EXPECT_EQ(parse_integer("+5"), 5);
  EXPECT_EQ(parse_integer("-1"), -1);
  EXPECT_EQ(parse_integer("-0"), 0);
  EXPECT_EQ(parse_integer("9223372036854775807"), kMax);
  EXPECT_EQ(parse_integer("-9223372036854775808"), kMin);
  EXPECT_EQ(parse_integer("000000000000000000000000000001"), 1);
}

TEST(IntegerVersion, RefusesEverythingElse) {
  for (const char* text : {"", "+", "-", "+-5", "--5", "1a", " 1", "1 ", "0x10", "1.0", "9223372036854775808",
                           "-9223372036854775809", "2024-01-01", "V1", "１"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(IntegerVersion, OrdersAsNumbers) {
  const std::vector<std::int64_t> ascending{kMin, -256, -2, -1, 0, 1, 2, 10, 255, 256, 20260101000000, kMax};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i)
    EXPECT_LT(make_integer_version(ascending[i]), make_integer_version(ascending[i + 1])) << ascending[i];
}

TEST(IntegerVersion, IsSpelledWithoutZeros) {
  EXPECT_EQ(make_integer_version(*parse_integer("+007")).text, "7");
}

}  // namespace
}  // namespace dunlin
