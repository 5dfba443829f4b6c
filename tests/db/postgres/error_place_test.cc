// Where errors are said to be.
#include "fixture.h"

namespace dunlin::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ErrorPlace : public Protocol {
 protected:
  Error error_of(const std::string& sql) {
    const auto session = open();
    Steps steps;
    steps.add(sql);
    const ApplyResult result = apply(*session, steps);
    EXPECT_EQ(result.outcome, ApplyOutcome::failed) << sql;
    return result.error.value_or(Error{});
  }
};

TEST_F(ErrorPlace, Rule1_16_APositionCountsCharactersNotBytes) {
  const Error error = error_of("SELECT 1;\n\n-- über\n  SELECT 'äöü€',\n    'é', stauts FROM history");
  EXPECT_EQ(error.where.file, "1.sql");
  EXPECT_EQ(error.where.line, 5);
  EXPECT_EQ(error.where.column, 10);
  EXPECT_EQ(error.where.length, 6);
  EXPECT_EQ(error.line_text, "    'é', stauts FROM history");
  EXPECT_EQ(error.sqlstate, "42703");
  EXPECT_THAT(error.statement, HasSubstr("SELECT 'äöü€'"));
}

TEST_F(ErrorPlace, Rule1_16_WithoutAPositionItIsTheStatement) {
  const Error error = error_of("SELECT 1;\n\n  /* why */ INSERT INTO history\n VALUES (7), (7)");
  EXPECT_EQ(error.where.line, 3);
  EXPECT_EQ(error.where.column, 13);
}

TEST_F(ErrorPlace, Rule1_16_WithoutAPositionItIsTheNameThatTheServerQuotes) {
  const Error error = error_of("SELECT 1;\n\n  ALTER TABLE history ADD CHECK (version < 0),\n ADD at int");
  EXPECT_EQ(error.where.line, 4);
  EXPECT_EQ(error.where.column, 6);
}

TEST_F(ErrorPlace, Rule1_16_ALineInTheBodyOfADo) {
  const Error error =
      error_of("SELECT 1;\nDO $$\nBEGIN\n  PERFORM 1;\n  RAISE EXCEPTION 'no' USING DETAIL = 'd';\nEND $$");
  EXPECT_EQ(error.where.line, 5);
  EXPECT_EQ(error.line_text, "  RAISE EXCEPTION 'no' USING DETAIL = 'd';");
  EXPECT_EQ(error.server_detail, "d");
}

TEST_F(ErrorPlace, ADetailOfTheServerIsKept) {
  const Error error = error_of("INSERT INTO history VALUES (7), (7)");
  EXPECT_EQ(error.sqlstate, "23505");
  EXPECT_THAT(error.server_detail, HasSubstr("(7)"));
}

TEST_F(ErrorPlace, PasswordsAreNotShown) {
  const Error error = error_of("CREATE ROLE postgres PASSWORD 'hunter2' NOSUCHOPTION");
  for (const std::string& shown : {error.message, error.statement, error.line_text, error.server_detail}) {
    EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  }
}

TEST_F(ErrorPlace, AStatementByItselfHasItsPlaceToo) {
  const auto session = open();
  Recorder recorder;
  const StatementResult result =
      session->execute({"CREATE INDEX CONCURRENTLY i\n  ON nowhere (x)", {"7.sql", 3, 5, 0}}, nullptr, recorder);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->where.file, "7.sql");
  EXPECT_GE(result.error->where.line, 3);
}

}  // namespace
}  // namespace dunlin::testing
