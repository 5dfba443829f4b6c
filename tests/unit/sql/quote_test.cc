#include "sql/quote.h"

#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin::sql {
namespace {

using namespace std::string_view_literals;

TEST(Quote, Names) {
  EXPECT_EQ(quote_name(Dialect::postgres, "a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_name(Dialect::sqlite, "Order"), "\"Order\"");
  EXPECT_EQ(quote_name(Dialect::mysql, "a`b\"c"), "`a``b\"c`");
  EXPECT_EQ(quote_name(Dialect::postgres, ""), "\"\"");
  EXPECT_EQ(quote_name(Dialect::postgres, TableName{"a.b", "c"}), "\"a.b\".\"c\"");
  EXPECT_EQ(quote_name(Dialect::mysql, TableName{"", "c"}), "`c`");
}

TEST(Quote, Text) {
  EXPECT_EQ(quote_text(Dialect::postgres, "it's"), "'it''s'");
  EXPECT_EQ(quote_text(Dialect::postgres, "a\\'b"), "E'a\\\\''b'");
  EXPECT_EQ(quote_text(Dialect::sqlite, "a\\'b"), "'a\\''b'");
  EXPECT_EQ(quote_text(Dialect::mysql, "a\\'b"), "'a\\\\''b'");
}

TEST(Quote, Bytes) {
  EXPECT_EQ(quote_bytes(Dialect::postgres, "\0\xff'"sv), "'\\x00ff27'");
  EXPECT_EQ(quote_bytes(Dialect::sqlite, "\0\xff"sv), "x'00ff'");
  EXPECT_EQ(quote_bytes(Dialect::mysql, ""), "x''");
}

TEST(Quote, NulBytesAreRefused) {
  EXPECT_THROW(quote_name(Dialect::postgres, "a\0b"sv), Failure);
  EXPECT_THROW(quote_text(Dialect::sqlite, "a\0b"sv), Failure);
}

TEST(SplitName, TakesPartsAndTheirQuotes) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(split_name("a"), Parts({"a"}));
  EXPECT_EQ(split_name("a.b.C"), Parts({"a", "b", "C"}));
  EXPECT_EQ(split_name(R"("a.b"."c ""d""".e)"), Parts({"a.b", "c \"d\"", "e"}));
  for (const std::string_view text :
       {"", ".", "a.", ".a", "a..b", "\"", "\"a", "\"a\"b", "a\"b\"", "\"\"", "a.\"\"", "\"a\"\""}) {
    EXPECT_EQ(split_name(text), Parts()) << text;
  }
}

}  // namespace
}  // namespace dunlin::sql
