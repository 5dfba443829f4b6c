// Generated scripts: statements that are put together come apart again, and where PostgreSQL's parser splits, so do we.
#include <gmock/gmock.h>
#include <pg_query.h>
#include <rapidcheck/gtest.h>

#include "unit/sql/text_reader.h"

namespace dunlin::sql {
namespace {

std::vector<std::string> split_by_parser(const std::string& script) {
  PgQuerySplitResult result = pg_query_split_with_parser(script.c_str());
  std::vector<std::string> statements;
  EXPECT_EQ(result.error, nullptr) << script << ": " << (result.error != nullptr ? result.error->message : "");
  for (int k = 0; k < result.n_stmts; ++k) {
    const PgQuerySplitStmt& statement = *result.stmts[k];
    const auto location = static_cast<std::size_t>(statement.stmt_location);
    const auto length = statement.stmt_len > 0 ? static_cast<std::size_t>(statement.stmt_len) : std::string::npos;
    // Its pieces keep the comments around a statement: read alone, each is one statement of ours.
    const auto alone = texts(Dialect::postgres, script.substr(location, length));
    EXPECT_EQ(alone.size(), 1U) << script;
    statements.insert(statements.end(), alone.begin(), alone.end());
  }
  pg_query_free_split_result(result);
  return statements;
}

const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all{
      "SELECT 1",
      "SELECT 'a;b', 'it''s', ''",
      "SELECT E'a\\';b\\\\', e''''",
      "SELECT E'a'\n  '\\';'",
      "SELECT 'a'\n'\\', 1",
      "SELECT B'01', X'0F', N'a;', U&'\\0041;', U&'!0041' UESCAPE '!'",
      "SELECT \";\", \"a\"\";\", U&\"d\\0061;t\" FROM t",
      "SELECT $$;$$, $a$ ; $$ ; $b$ ; $a$, $é$;$é$",
      "SELECT a$b$c, x$ FROM t$1",
      "SELECT $1, $2 + 3",
      "SELECT 1 - -1 * +2 / 3 /* ; */ , -- ; '\n 4",
      "SELECT 1 /* a /* ; */ ' */ + 2",
      "SELECT a->>'b', c @> '{}', d ~* 'e', 4 !~ 5",
      "SELECT 1.5e3, 12, .5, 1e5",
      "SELECT arr[1], (ARRAY[1, 2])[1:2]",
      "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v)",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $f$ SELECT 1; $f$",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
      "CREATE FUNCTION f(a int DEFAULT 1) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 ELSE 2 END; END",
      "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); /* ; END */ DELETE FROM t; END",
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.end FROM t; SELECT 1 AS end; END",
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; SELECT 2 \"case\"; END",
      "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END",
      "DO $$ BEGIN NULL; END; $$",
      "BEGIN",
      "END",
      "CREATE TABLE \"ü;\" (a int DEFAULT 1, b text DEFAULT ';')",
      "INSERT INTO t VALUES ('\\'), ('a\\''b')",
  };
  return all;
}

rc::Gen<std::string> blank() {
  return rc::gen::elementOf(std::vector<std::string>{"", " ", "\n", "\r\n", "\t\f", "-- c; ' $$\n",
                                                     "/* d; \" /* e */ $$ */", ";", "--\r", "/**/"});
}

RC_GTEST_PROP(PostgresProperties, WhatIsPutTogetherComesApart, ()) {
  const auto chosen = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces()));
  std::string script;
  for (const std::string& statement : chosen) script += *blank() + statement + *blank() + ";" + *blank();
  RC_ASSERT(texts(Dialect::postgres, script, *rc::gen::inRange<std::size_t>(1, 100)) == chosen);
}

RC_GTEST_PROP(PostgresProperties, SplitsWhereTheParserSplits, ()) {
  const auto chosen = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces()));
  std::string script;
  for (const std::string& statement : chosen) script += *blank() + statement + *blank() + ";";
  RC_ASSERT(texts(Dialect::postgres, script) == split_by_parser(script));
}

TEST(PostgresProperties, EveryPieceIsOneStatementToTheParser) {
  for (const std::string& piece : pieces()) EXPECT_EQ(split_by_parser(piece), std::vector<std::string>{piece});
}

// Any bytes at all: the same answer however they are read, and each statement stands where it says.
RC_GTEST_PROP(PostgresProperties, ReadingInChunksChangesNothing, ()) {
  const auto tokens = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
      "'",     "\"",  "$$", "$a$", "$", "E'", "\\'", "U&'", ";",      "\n",      "--",
      "/*",    "*/",  "(",  ")",   "x", "1",  " ",   "é",   "BEGIN ", "ATOMIC ", "CREATE FUNCTION f ",
      "CASE ", "END", ".",  "AS "}));
  std::string script;
  for (const std::string& token : tokens) script += token;
  const auto read = [&](std::size_t chunk) -> std::string {
    TextReader text(script, chunk);
    StatementReader reader(Dialect::postgres, text, "m.sql");
    std::string seen;
    try {
      while (const auto statement = reader.next()) {
        RC_ASSERT(script.substr(statement->offset, statement->text.size()) == statement->text);
        seen += std::to_string(statement->line) + ":" + std::to_string(statement->column) + statement->text + "|";
      }
    } catch (const Failure& failure) {
      seen += failure.error().message + std::to_string(failure.error().where.column) + failure.error().line_text;
    }
    return seen;
  };
  RC_ASSERT(read(1) == read(1 << 20));
}

}  // namespace
}  // namespace dunlin::sql
