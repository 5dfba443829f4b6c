// CREATE FUNCTION ... BEGIN ATOMIC.
#include <gmock/gmock.h>

#include "unit/sql/text_reader.h"

namespace dunlin::sql {
namespace {

using testing::ElementsAre;

// The function is one statement and what follows it another, whether read at once or byte by byte.
void expect_one(const std::string& function) {
  for (const std::size_t chunk : {1U, 1U << 20}) {
    EXPECT_THAT(texts(Dialect::postgres, function + ";\nSELECT 'next';", chunk), ElementsAre(function, "SELECT 'next'"))
        << "read by " << chunk;
    EXPECT_THAT(texts(Dialect::postgres, function, chunk), ElementsAre(function));
  }
}

TEST(Protocol, Rule1_15_AtomicBodiesAreOneStatement) {
  expect_one("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END");
  expect_one("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT 1; END");
  expect_one("create procedure p()\nbegin /* ; */ atomic\n insert into t values (1);\n delete from t;\nend");
  expect_one(
      "CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN CASE a WHEN 1 THEN 2 END END; "
      "END");
  expect_one("CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT (CASE WHEN a > 0 THEN 1 END); END");
}

TEST(Protocol, Rule1_15_EndAsANameDoesNotEndTheBody) {
  expect_one("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT 2; END");
  expect_one("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.end FROM t; SELECT t.case FROM t; END");
  expect_one("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t . /* c */ end FROM t; SELECT 1 AS case; END");
}

TEST(Protocol, Rule1_15_TheParserFindsTheEndThatWordsCannot) {
  expect_one("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; SELECT 2; END");
  expect_one("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 case; SELECT 2 end; END");
}

TEST(Protocol, Rule1_15_BeginElsewhereDoesNotOpenABody) {
  EXPECT_THAT(texts(Dialect::postgres, "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'select 1'; SELECT 1"),
              ElementsAre("CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'select 1'", "SELECT 1"));
  EXPECT_THAT(texts(Dialect::postgres, "BEGIN; SELECT 1; END; BEGIN ATOMIC; SELECT 2"),
              ElementsAre("BEGIN", "SELECT 1", "END", "BEGIN ATOMIC", "SELECT 2"));
  EXPECT_THAT(texts(Dialect::postgres, "CREATE VIEW function AS SELECT begin atomic FROM t; SELECT 2"),
              ElementsAre("CREATE VIEW function AS SELECT begin atomic FROM t", "SELECT 2"));
  EXPECT_THAT(
      texts(Dialect::postgres, "CREATE FUNCTION f(a int) RETURNS int RETURN CASE WHEN a > 0 THEN 1 END; SELECT 2"),
      ElementsAre("CREATE FUNCTION f(a int) RETURNS int RETURN CASE WHEN a > 0 THEN 1 END", "SELECT 2"));
}

TEST(Protocol, Rule1_15_WordsDecideWhereTheParserDoesNotKnowTheSyntax) {
  expect_one("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC NEW SYNTAX OF 2040; SELECT CASE WHEN true THEN 1 END; END");
}

TEST(Protocol, Rule1_15_ABodyThatNeverEndsIsTheRestOfTheScript) {
  EXPECT_THAT(texts(Dialect::postgres, "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2;"),
              ElementsAre("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2;"));
}

// The parser, asked at each END, says that more has to follow; the words were balanced at the first.
TEST(Protocol, Rule1_15_LookingForABetterEndGivesUpAtTheNextMistake) {
  const std::string odd = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end";
  EXPECT_THAT(texts(Dialect::postgres, odd + "; SELECT 2;"), ElementsAre(odd, "SELECT 2"));
  TextReader script(odd + "; SELECT 2; SELECT 'oops");
  StatementReader reader(Dialect::postgres, script, "m.sql");
  EXPECT_EQ(reader.next()->text, odd);
  EXPECT_EQ(reader.next()->text, "SELECT 2");
  EXPECT_THROW(reader.next(), Failure);
}

TEST(Protocol, Rule1_15_LongBodiesAreCutByTheirWords) {
  std::string body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ";
  for (int k = 0; k < 8000; ++k) body += "SELECT CASE WHEN true THEN 1 END;\n";
  expect_one(body + "END");
}

TEST(Protocol, Rule1_15_ManyBodiesOfUnknownSyntaxStayLinear) {
  std::string script;
  for (int k = 0; k < 3000; ++k) script += "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC NEW SYNTAX; SELECT 1; END;\n";
  EXPECT_EQ(texts(Dialect::postgres, script).size(), 3000U);
}

}  // namespace
}  // namespace dunlin::sql
