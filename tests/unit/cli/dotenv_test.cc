#include "cli/dotenv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dunlin::cli {
namespace {

std::string value_of(std::string_view text, const std::string& name = "A") {
  const EnvFile file = parse_env_file(text, ".env", {{"HOME", "/home/me"}});
  const auto found = file.entries.find(name);
  return found == file.entries.end() ? "(none)" : found->second.value;
}

TEST(EnvFile, ReadsPlainLines) {
  EXPECT_EQ(value_of("A=b"), "b");
  EXPECT_EQ(value_of("A = b \n"), "b");
  EXPECT_EQ(value_of("export A=b\r\n"), "b");
  EXPECT_EQ(value_of("\xEF\xBB\xBF"
                     "A=b"),
            "b");
  EXPECT_EQ(value_of("# A=c\n\n  A=b"), "b");
  EXPECT_EQ(value_of("A="), "");
  EXPECT_EQ(value_of("A=one\nA=two"), "two");
}

TEST(EnvFile, ACommentBeginsBehindASpaceOnly) {
  EXPECT_EQ(value_of("A=b # comment"), "b");
  EXPECT_EQ(value_of("A=b#c"), "b#c");
  EXPECT_EQ(value_of("A=\"b # c\" # d"), "b # c");
}

TEST(EnvFile, QuotesKeepWhatIsInThem) {
  EXPECT_EQ(value_of("A='b $HOME \\n'"), "b $HOME \\n");
  EXPECT_EQ(value_of("A=\"b\\n\\\"c\\\"\""), "b\n\"c\"");
  EXPECT_EQ(value_of("A=\"two\nlines\"\nB=c"), "two\nlines");
  EXPECT_EQ(value_of("A=\"two\nlines\"\nB=c", "B"), "c");
  EXPECT_EQ(value_of("A=a' b 'c"), "a b c");
}

TEST(EnvFile, NamesAreReplaced) {
  EXPECT_EQ(value_of("A=${HOME}/x"), "/home/me/x");
  EXPECT_EQ(value_of("U=me\nA=\"postgres://$U@db\""), "postgres://me@db");
  EXPECT_EQ(value_of("A=cost\\$5"), "cost$5");
  EXPECT_EQ(value_of("A=100$"), "100$");
}

TEST(EnvFile, WhatCannotBeReadIsLeftOutAndSaid) {
  const EnvFile file = parse_env_file("A=b\nthis is nothing\nB='open\nC=d", ".env", {});
  EXPECT_TRUE(file.entries.contains("A"));
  EXPECT_FALSE(file.entries.contains("B"));
  ASSERT_EQ(file.diagnostics.size(), 2U);
  EXPECT_EQ(file.diagnostics[0].where.line, 2);
  EXPECT_EQ(file.diagnostics[1].where.line, 3);
  EXPECT_EQ(parse_env_file("A=$NOWHERE", ".env", {}).diagnostics.size(), 1U);
}

TEST(EnvFile, EachEntryKnowsItsLine) {
  const EnvFile file = parse_env_file("\nA=b\n\nB=c", ".env", {});
  EXPECT_EQ(file.entries.at("A").line, 2);
  EXPECT_EQ(file.entries.at("B").line, 4);
}

}  // namespace
}  // namespace dunlin::cli
