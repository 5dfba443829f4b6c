#include "sql/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace dunlin::sql {
namespace {

TEST(Utf8, AcceptsWholeCodePoints) {
  for (const std::string_view text : {"", "abc", "é", "€", "😀", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"}) {
    for (const std::size_t padding : {0U, 1U, 15U, 16U, 17U, 40U}) {
      const std::string padded = std::string(padding, 'x') + std::string(text) + std::string(padding, 'y');
      const Utf8Prefix prefix = valid_utf8_prefix(padded);
      EXPECT_EQ(prefix.end, Utf8End::valid);
      EXPECT_EQ(prefix.length, padded.size());
    }
  }
}

TEST(Utf8, RefusesWhatIsNone) {
  for (const std::string_view bytes :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3x", "\xE2\x82x", "\xF0\x9F\x98x"}) {
    for (const std::size_t padding : {0U, 16U, 33U}) {
      const Utf8Prefix prefix = valid_utf8_prefix(std::string(padding, 'x') + std::string(bytes));
      EXPECT_EQ(prefix.end, Utf8End::invalid);
      EXPECT_EQ(prefix.length, padding);
    }
  }
}

TEST(Utf8, TellsACutCodePoint) {
  for (const std::string_view bytes : {"\xC3", "\xE2", "\xE2\x82", "\xF0", "\xF0\x9F", "\xF0\x9F\x98"}) {
    const Utf8Prefix prefix = valid_utf8_prefix("ab" + std::string(bytes));
    EXPECT_EQ(prefix.end, Utf8End::truncated);
    EXPECT_EQ(prefix.length, 2U);
  }
}

TEST(Utf8, CountsAndCuts) {
  EXPECT_EQ(count_code_points("aé€😀"), 4U);
  EXPECT_EQ(cut_utf8("aé€😀", 100), "aé€😀");
  EXPECT_EQ(cut_utf8("aé€😀", 5), "aé");
  EXPECT_EQ(cut_utf8("aé€😀", 6), "aé€");
  EXPECT_EQ(cut_utf8("é", 1), "");
}

}  // namespace
}  // namespace dunlin::sql
