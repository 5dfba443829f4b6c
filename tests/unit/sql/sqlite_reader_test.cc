// SQLite scripts are cut where sqlite3_prepare_v2 ends its statements.
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include "unit/sql/text_reader.h"

namespace dunlin::sql {
namespace {

using testing::ElementsAre;

class Database {
 public:
  Database() { sqlite3_open(":memory:", &handle_); }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs the script as one, by its tails; the text of each statement without its semicolon and the blanks around it.
  std::vector<std::string> run_by_tails(const std::string& script) {
    std::vector<std::string> statements;
    const char* rest = script.c_str();
    while (*rest != '\0') {
      sqlite3_stmt* prepared = nullptr;
      const char* tail = nullptr;
      const int code = sqlite3_prepare_v2(handle_, rest, -1, &prepared, &tail);
      EXPECT_EQ(code, SQLITE_OK) << sqlite3_errmsg(handle_) << " in " << rest;
      if (code != SQLITE_OK) break;
      if (prepared != nullptr) {
        statements.push_back(without_blanks(std::string(rest, tail)));
        while (sqlite3_step(prepared) == SQLITE_ROW) continue;
        sqlite3_finalize(prepared);
      }
      rest = tail;
    }
    return statements;
  }

  // What the database keeps of the text of its CREATE statements.
  std::string schema() {
    std::string all;
    sqlite3_exec(
        handle_, "SELECT coalesce(sql, '') FROM sqlite_schema ORDER BY name",
        [](void* into, int, char** row, char**) {
          static_cast<std::string*>(into)->append(row[0]).append("|");
          return 0;
        },
        &all, nullptr);
    return all;
  }

  // Leading comments are no part of a statement, and neither are the semicolon and the blanks at the end.
  static std::string without_blanks(std::string text) {
    for (;;) {
      const auto first = text.find_first_not_of(" \t\r\n\f;");
      text.erase(0, std::min(first, text.size()));
      if (text.starts_with("--")) {
        text.erase(0, text.find('\n'));
      } else if (text.starts_with("/*")) {
        text.erase(0, text.find("*/", 2) + 2);
      } else {
        break;
      }
    }
    if (text.ends_with(';')) text.pop_back();
    text.erase(text.find_last_not_of(" \t\r\n\f") + 1);
    return text;
  }

 private:
  sqlite3* handle_ = nullptr;
};

std::vector<std::string> trimmed(std::string_view script, std::size_t chunk) {
  std::vector<std::string> found = texts(Dialect::sqlite, script, chunk);
  for (std::string& text : found) text = Database::without_blanks(text);
  return found;
}

constexpr std::string_view kScripts[] = {
    "",
    ";;;",
    "-- nothing but a comment",
    "SELECT 1",
    "SELECT 1;",
    "SELECT 1;;;SELECT 2; -- end",
    "SELECT 'a;b', \"c;d\", 1 AS [e;f], 2 AS `g;h`; SELECT ''''",
    "SELECT 'it''s;', \"a\"\";\", 3 AS `b``;`; SELECT 1",
    "SELECT 1 /* ; */ + 2; /* a /* b; */ SELECT 3",
    "SELECT 1 - -1; SELECT 4 / 2; SELECT 1 --;\n+ 2;",
    "SELECT 1 /**/; SELECT /*/;*/ 2; SELECT /***/ 3",
    "SELECT x'00', ?1, :a, @b, $c; SELECT 1.5e3, 0x10",
    "EXPLAIN SELECT 1; EXPLAIN QUERY PLAN SELECT 2; SELECT 3",
    "CREATE TABLE t(a, b); CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = 1; DELETE FROM t; END; SELECT 1;",
    "CREATE TABLE t(a); CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 2",
    "CREATE TABLE t(a); CREATE TEMPORARY /* c */ TRIGGER g AFTER INSERT ON t\nBEGIN\n SELECT 1 ;\n END ; SELECT 2",
    "CREATE TABLE t(a); create trigger g after insert on t begin select 1; end",
    "CREATE TABLE t(a); CREATE TRIGGER g AFTER UPDATE ON t BEGIN SELECT CASE WHEN new.a THEN 1 ELSE 2 END; END; SELECT "
    "1",
    "CREATE TABLE t(a); CREATE TRIGGER g AFTER UPDATE ON t WHEN CASE new.a WHEN 1 THEN 1 END BEGIN SELECT 1; -- END;\n"
    "SELECT 'END;'; /* ; END; */ SELECT 2 AS \"end\"; END; SELECT 3",
    "CREATE TABLE t(a); EXPLAIN CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 2",
    "CREATE TABLE trigger_t(a); CREATE TABLE temp_trigger(b); SELECT 1",
    "CREATE TABLE \"trigger\"(a); CREATE INDEX temp_end ON \"trigger\"(a); SELECT 1",
    "BEGIN; SELECT 1; END; BEGIN; COMMIT",
    "CREATE TABLE t(a);\r\nINSERT INTO t VALUES (1);\r\n-- x\r\nSELECT 1;\r\n",
    "SELECT 'é;ü'; SELECT \"☃;\" FROM (SELECT 1 AS \"☃;\")",
    "\xEF\xBB\xBFSELECT 1; SELECT 2",
};

TEST(SqliteReader, CutsWherePrepareEndsItsStatements) {
  for (const std::string_view script : kScripts) {
    Database database;
    std::string text(script);
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    const auto expected = database.run_by_tails(text);
    for (const std::size_t chunk : {1U, 2U, 7U, 1U << 20}) {
      EXPECT_EQ(trimmed(script, chunk), expected) << script;
    }
  }
}

// The schema's text holds what stands between the last token and the semicolon.
TEST(SqliteReader, KeepsTheTextThatTheSchemaKeeps) {
  constexpr std::string_view kDefinitions[] = {
      "CREATE VIEW v AS SELECT 1 -- why\n; CREATE TABLE t(a) /* b */ ;CREATE INDEX i ON t(a) /* c */ ;",
      "CREATE TABLE t(a); CREATE INDEX i ON t(a)\n-- the end\n",
      "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t\n\n",
      "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END -- c\n;",
  };
  for (const std::string_view script : kDefinitions) {
    Database whole;
    whole.run_by_tails(std::string(script));
    Database pieces;
    for (const std::string& statement : texts(Dialect::sqlite, script)) pieces.run_by_tails(statement);
    EXPECT_EQ(pieces.schema(), whole.schema()) << script;
  }
}

TEST(SqliteReader, TextRunsUpToTheSemicolon) {
  EXPECT_THAT(texts(Dialect::sqlite, " SELECT 1 -- a\n; SELECT 2 "), ElementsAre("SELECT 1 -- a\n", "SELECT 2 "));
}

TEST(SqliteReader, ADollarQuoteIsPostgresOnly) {
  EXPECT_THAT(texts(Dialect::sqlite, "SELECT $$;$$"), ElementsAre("SELECT $$", "$$"));
  EXPECT_THAT(texts(Dialect::sqlite, "SELECT E'\\';"), ElementsAre("SELECT E'\\'"));
  EXPECT_THAT(texts(Dialect::sqlite, "SELECT (1; 2)"), ElementsAre("SELECT (1", "2)"));
}

rc::Gen<std::string> sqlite_statement() {
  return rc::gen::elementOf(std::vector<std::string>{
      "SELECT 1",
      "SELECT 'a;''b'",
      "SELECT \"x;\" FROM (SELECT 1 AS \"x;\")",
      "SELECT 1 AS [end;]",
      "SELECT /* ; */ 2",
      "SELECT 3 -- ; '\n",
      "CREATE TABLE IF NOT EXISTS t(a)",
      "CREATE TEMP TRIGGER IF NOT EXISTS g AFTER INSERT ON main.t BEGIN SELECT 1; DELETE FROM t; END",
      "CREATE TRIGGER IF NOT EXISTS h AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END",
      "EXPLAIN CREATE TEMPORARY TRIGGER i AFTER INSERT ON main.t BEGIN SELECT 1; END",
  });
}

rc::Gen<std::string> sqlite_blank() {
  return rc::gen::elementOf(std::vector<std::string>{"", " ", "\n", "\r\n", "-- c; '\n", "/* d; \" */", "\t", ";"});
}

RC_GTEST_PROP(SqliteReader, CutsGeneratedScriptsWherePrepareDoes, ()) {
  std::string script = "CREATE TABLE t(a);";
  for (const std::string& statement : *rc::gen::container<std::vector<std::string>>(sqlite_statement())) {
    script += *sqlite_blank() + statement + *sqlite_blank() + ";" + *sqlite_blank();
  }
  Database database;
  const auto expected = database.run_by_tails(script);
  RC_ASSERT(trimmed(script, *rc::gen::inRange<std::size_t>(1, 40)) == expected);
}

}  // namespace
}  // namespace dunlin::sql
