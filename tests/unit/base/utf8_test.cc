#include "base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace dunlin {
namespace {

TEST(Utf8, AcceptsEveryLengthAndTheByteOrderMark) {
  EXPECT_FALSE(find_invalid_utf8("").has_value());
  EXPECT_FALSE(find_invalid_utf8("\xEF\xBB\xBFSELECT 'é€𐍈'; -- plain and \U0010FFFF").has_value());
}

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

TEST(Utf8, SaysWhereTheFirstWrongByteIs) {
  const auto found = find_invalid_utf8("SELECT 1;\nSELECT 'é\xE9';\n");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->line, 2);
  EXPECT_EQ(found->column, 10);
  EXPECT_EQ(found->offset, 20u);
}

TEST(Utf8, RefusesWhatOnlyLooksLikeUtf8) {
  const std::string_view wrong[] = {
      "\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
      "\xFF", "\xC3",     "\xE2\x82", "\xF0\x9F\x98", "\xC3(",        "\xE2\x82("};
  for (const std::string_view text : wrong) {
    const auto found = find_invalid_utf8(text);
    ASSERT_TRUE(found.has_value()) << testing::PrintToString(text);
    EXPECT_EQ(found->offset, 0u);
    EXPECT_EQ(found->column, 1);
  }
}

TEST(Utf8, PiecesMayEndAnywhere) {
  const std::string text = "1234567 é\n€uro 𐍈 12345678 \xF0\x9F\x98x";
  const auto whole = find_invalid_utf8(text);
  ASSERT_TRUE(whole.has_value());
  for (std::size_t size = 1; size < text.size(); ++size) {
    Utf8Checker checker;
    for (std::size_t at = 0; at < text.size(); at += size) checker.feed(std::string_view(text).substr(at, size));
    const auto found = checker.finish();
    ASSERT_TRUE(found.has_value()) << size;
    EXPECT_EQ(found->line, 2) << size;
    EXPECT_EQ(found->column, whole->column) << size;
    EXPECT_EQ(found->offset, whole->offset) << size;
  }
}

TEST(Utf8, ReplacesEachMaximalWrongPart) {
  EXPECT_EQ(replace_invalid_utf8("a\xE9_b\xF0\x9F\x98.sql"), "a\uFFFD_b\uFFFD.sql");
  EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(replace_invalid_utf8("plain é"), "plain é");
}

TEST(Utf8, CountsAndCutsBetweenCodePoints) {
  EXPECT_EQ(count_code_points("é€𐍈a"), 4u);
  EXPECT_EQ(truncate_bytes("é€", 4), "é");
  EXPECT_EQ(truncate_bytes("é€", 5), "é€");
  EXPECT_EQ(truncate_bytes("€", 2), "");
}

TEST(Utf8, KnowsColumnsOnAScreen) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("é"), 1u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("漢字"), 4u);
  EXPECT_EQ(display_width("😀"), 2u);
  EXPECT_EQ(display_width("\t\x1b"), 0u);
}

TEST(Utf8, ShortensToColumns) {
  EXPECT_EQ(shorten("add_invoices", 12), "add_invoices");
  EXPECT_EQ(shorten("add_invoices", 6), "add_i…");
  EXPECT_EQ(shorten("漢字漢字", 5), "漢字…");
  EXPECT_EQ(shorten("漢字", 4), "漢字");
  EXPECT_EQ(shorten("abc", 1), "…");
  EXPECT_EQ(shorten("abc", 0), "");
}

}  // namespace
}  // namespace dunlin
