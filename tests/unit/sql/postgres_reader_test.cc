#include <numeric>

#include <gmock/gmock.h>

#include "sql/statement_reader.h"
#include "unit/sql/text_reader.h"

namespace dunlin::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> pg(std::string_view text) {
  return texts(Dialect::postgres, text);
}

TEST(PostgresReader, SplitsAtSemicolons) {
  EXPECT_THAT(pg("SELECT 1; SELECT 2"), ElementsAre("SELECT 1", "SELECT 2"));
  EXPECT_THAT(pg("SELECT 1;\n\n;;SELECT 2;"), ElementsAre("SELECT 1", "SELECT 2"));
  EXPECT_THAT(pg(""), IsEmpty());
  EXPECT_THAT(pg(" ;; -- nothing\n /* nor here; */ ;"), IsEmpty());
}

TEST(PostgresReader, LeavesCommentsAroundAStatementOut) {
  EXPECT_THAT(pg("-- a; b\nSELECT /* c; */ 1 -- d\n; /* e */"), ElementsAre("SELECT /* c; */ 1"));
  EXPECT_THAT(pg("/* a /* nested; */ b; */ SELECT 1"), ElementsAre("SELECT 1"));
  EXPECT_THAT(pg("SELECT 1 /*/ ; */ + 2"), ElementsAre("SELECT 1 /*/ ; */ + 2"));
  EXPECT_THAT(pg("SELECT 1 /* ***/;SELECT 2"), ElementsAre("SELECT 1", "SELECT 2"));
}

TEST(PostgresReader, ACarriageReturnEndsALineComment) {
  EXPECT_THAT(pg("-- a\rSELECT 1;"), ElementsAre("SELECT 1"));
  EXPECT_THAT(pg("SELECT 1;\r\n-- a\r\nSELECT 2;\r\n"), ElementsAre("SELECT 1", "SELECT 2"));
}

TEST(PostgresReader, OperatorsMayHoldHalfAComment) {
  EXPECT_THAT(pg("SELECT 1 - -2; SELECT 4 / 2"), ElementsAre("SELECT 1 - -2", "SELECT 4 / 2"));
  EXPECT_THAT(pg("SELECT 1 +-- ;\n 2"), ElementsAre("SELECT 1 +-- ;\n 2"));
}

TEST(PostgresReader, StringsHideSemicolons) {
  EXPECT_THAT(pg("SELECT 'a;b', 'it''s;'; SELECT ''"), ElementsAre("SELECT 'a;b', 'it''s;'", "SELECT ''"));
  EXPECT_THAT(pg(R"(SELECT 'a\'; SELECT 'b')"), ElementsAre(R"(SELECT 'a\')", "SELECT 'b'"));
  EXPECT_THAT(pg(R"(SELECT B'1;', X'0;', N'a;', U&'\0041;' UESCAPE '!'; SELECT 1)"),
              ElementsAre(R"(SELECT B'1;', X'0;', N'a;', U&'\0041;' UESCAPE '!')", "SELECT 1"));
  EXPECT_THAT(pg(R"(SELECT U&'\'; SELECT 1)"), ElementsAre(R"(SELECT U&'\')", "SELECT 1"));
}

TEST(PostgresReader, EscapeStringsKnowBackslashes) {
  EXPECT_THAT(pg(R"(SELECT E'a\';b', e'\\'; SELECT 1)"), ElementsAre(R"(SELECT E'a\';b', e'\\')", "SELECT 1"));
  EXPECT_THAT(pg(R"(SELECT E'a'';b\''; SELECT 1)"), ElementsAre(R"(SELECT E'a'';b\'')", "SELECT 1"));
  // A name that ends in e is no prefix.
  EXPECT_THAT(pg(R"(SELECT date'a\'; SELECT 1)"), ElementsAre(R"(SELECT date'a\')", "SELECT 1"));
}

TEST(PostgresReader, AStringThatGoesOnBehindANewlineKeepsItsKind) {
  EXPECT_THAT(pg("SELECT E'a'\n  '\\';b'; SELECT 1"), ElementsAre("SELECT E'a'\n  '\\';b'", "SELECT 1"));
  // Across a comment too, as the server does; libpg_query and psql's line-wise reading do not.
  EXPECT_THAT(pg("SELECT E'a' -- c '\n'\\';b'; SELECT 1"), ElementsAre("SELECT E'a' -- c '\n'\\';b'", "SELECT 1"));
  EXPECT_THAT(pg("SELECT E'a' '\\'; SELECT 1"), ElementsAre("SELECT E'a' '\\'", "SELECT 1"));
  EXPECT_THAT(pg("SELECT 'a'\n'\\'; SELECT 1"), ElementsAre("SELECT 'a'\n'\\'", "SELECT 1"));
}

TEST(PostgresReader, QuotedNamesHideSemicolons) {
  EXPECT_THAT(pg(R"(SELECT ";""';" FROM U&"\00;"; SELECT 1)"),
              ElementsAre(R"(SELECT ";""';" FROM U&"\00;")", "SELECT 1"));
}

TEST(PostgresReader, DollarQuotes) {
  EXPECT_THAT(pg("DO $$ BEGIN; END; $$; SELECT 1"), ElementsAre("DO $$ BEGIN; END; $$", "SELECT 1"));
  EXPECT_THAT(pg("DO $a$ ;$$; $b$ ; $a$; SELECT 1"), ElementsAre("DO $a$ ;$$; $b$ ; $a$", "SELECT 1"));
  EXPECT_THAT(pg("DO $é_1$ ; $é_1$; SELECT 1"), ElementsAre("DO $é_1$ ; $é_1$", "SELECT 1"));
  EXPECT_THAT(pg("SELECT $a$ ; $b$a$; SELECT 1"), ElementsAre("SELECT $a$ ; $b$a$", "SELECT 1"));
  EXPECT_THAT(pg("SELECT $$a$$$$;b$$; SELECT 1"), ElementsAre("SELECT $$a$$$$;b$$", "SELECT 1"));
}

TEST(PostgresReader, NotEveryDollarOpensAQuote) {
  EXPECT_THAT(pg("SELECT a$b$c; SELECT x$$; SELECT 1"), ElementsAre("SELECT a$b$c", "SELECT x$$", "SELECT 1"));
  EXPECT_THAT(pg("SELECT $1; SELECT $2"), ElementsAre("SELECT $1", "SELECT $2"));
  EXPECT_THAT(pg("SELECT $1$; SELECT $a b$; SELECT 1"), ElementsAre("SELECT $1$", "SELECT $a b$", "SELECT 1"));
  EXPECT_THAT(pg("SELECT $a"), ElementsAre("SELECT $a"));
}

TEST(PostgresReader, ParenthesesHideSemicolons) {
  EXPECT_THAT(pg("CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v); SELECT 1"),
              ElementsAre("CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v)", "SELECT 1"));
  EXPECT_THAT(pg("SELECT 1); SELECT 2"), ElementsAre("SELECT 1)", "SELECT 2"));
}

TEST(PostgresReader, AByteOrderMarkIsNoPartOfTheFirstStatement) {
  const auto statements = split(Dialect::postgres, "\xEF\xBB\xBFSELECT 1; SELECT 2", 1);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].text, "SELECT 1");
  EXPECT_EQ(statements[0].offset, 3U);
  EXPECT_EQ(statements[0].column, 1);
  EXPECT_EQ(statements[1].column, 11);
  EXPECT_THAT(pg("\xEF\xBB\xBF"), IsEmpty());
}

TEST(PostgresReader, TellsWhereStatementsStand) {
  const auto statements = split(Dialect::postgres, "-- é\n SELECT 'é';\tSELECT 2;\n/*\n*/ SELECT\n3;SELECT 4", 7, 10);
  ASSERT_EQ(statements.size(), 4U);
  EXPECT_EQ(statements[0].line, 11);
  EXPECT_EQ(statements[0].column, 2);
  EXPECT_EQ(statements[0].offset, 7U);
  EXPECT_EQ(statements[1].line, 11);
  EXPECT_EQ(statements[1].column, 14);
  EXPECT_EQ(statements[2].line, 13);
  EXPECT_EQ(statements[2].column, 4);
  EXPECT_EQ(statements[3].line, 14);
  EXPECT_EQ(statements[3].column, 3);
}

TEST(PostgresReader, LongStatementsPassThroughTheWindow) {
  std::string script;
  std::vector<std::string> expected;
  for (int k = 0; k < 50; ++k) {
    expected.push_back("INSERT INTO t VALUES ('" + std::string(static_cast<std::size_t>(k) * 7919, 'x') + "')");
    script += "-- " + std::string(static_cast<std::size_t>(k) * 997, 'c') + "\n" + expected.back() + ";\n";
  }
  EXPECT_EQ(pg(script), expected);
  const auto statements = split(Dialect::postgres, script, 4096);
  ASSERT_EQ(statements.size(), 50U);
  EXPECT_EQ(statements[49].line, 100);
}

TEST(PostgresReader, MySqlIsRefused) {
  TextReader script("SELECT 1");
  try {
    StatementReader reader(Dialect::mysql, script, "m.sql");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace dunlin::sql
