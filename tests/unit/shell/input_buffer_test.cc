#include "shell/input_buffer.h"

#include <gmock/gmock.h>

namespace dunlin::shell {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(const Typed& typed) {
  std::vector<std::string> found;
  for (const sql::Statement& statement : typed.statements) found.push_back(statement.text);
  return found;
}

TEST(InputBuffer, AStatementGoesOnUntilItsSemicolon) {
  InputBuffer buffer(Dialect::postgres, "stdin");
  EXPECT_TRUE(buffer.add("SELECT 1\n").statements.empty());
  EXPECT_FALSE(buffer.blank());
  EXPECT_THAT(texts(buffer.add("  + 1;\n")), ElementsAre("SELECT 1\n  + 1"));
  EXPECT_TRUE(buffer.blank());
}

TEST(InputBuffer, SemicolonsInsideOfQuotesAndBodiesEndNothing) {
  InputBuffer buffer(Dialect::postgres, "stdin");
  EXPECT_TRUE(buffer.add("SELECT 'a;\n").statements.empty());
  EXPECT_TRUE(buffer.inside_quote());
  EXPECT_THAT(texts(buffer.add("b', $$;$$; SELECT 2; SEL\n")), ElementsAre("SELECT 'a;\nb', $$;$$", "SELECT 2"));
  EXPECT_FALSE(buffer.inside_quote());
  EXPECT_FALSE(buffer.blank());
}

TEST(InputBuffer, ATriggerOfSqliteIsOneStatement) {
  InputBuffer buffer(Dialect::sqlite, "stdin");
  EXPECT_TRUE(buffer.add("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b;\n").statements.empty());
  EXPECT_EQ(buffer.add("END;\n").statements.size(), 1u);
}

TEST(InputBuffer, ASemicolonInACommentIsNone) {
  InputBuffer buffer(Dialect::postgres, "stdin");
  EXPECT_TRUE(buffer.add("SELECT 1 -- ;\n").statements.empty());
  EXPECT_THAT(texts(buffer.finish()), ElementsAre("SELECT 1"));
}

TEST(InputBuffer, PlacesCountFromTheBeginningOfTheInput) {
  InputBuffer buffer(Dialect::postgres, "stdin");
  buffer.add("SELECT 1;\n\nSELECT 2; SELECT\n");
  const Typed typed = buffer.add("  3;\n");
  ASSERT_EQ(typed.statements.size(), 1u);
  EXPECT_EQ(typed.statements[0].line, 3);
  EXPECT_EQ(typed.statements[0].column, 11);
}

TEST(InputBuffer, WhatNoServerTakesIsAnErrorBehindWhatStandsBeforeIt) {
  InputBuffer buffer(Dialect::postgres, "stdin");
  const Typed typed = buffer.add("SELECT 1; SELECT 2 \\gset\n");
  EXPECT_THAT(texts(typed), ElementsAre("SELECT 1"));
  ASSERT_TRUE(typed.error);
  EXPECT_EQ(typed.error->where.column, 20);
  EXPECT_TRUE(buffer.blank());
}

TEST(InputBuffer, AnUnterminatedQuoteAtTheEndIsAnError) {
  InputBuffer buffer(Dialect::sqlite, "stdin");
  EXPECT_FALSE(buffer.add("SELECT 'a\n").error);
  EXPECT_TRUE(buffer.finish().error);
}

}  // namespace
}  // namespace dunlin::shell
