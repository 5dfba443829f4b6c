// What no server would take, or would take wrongly, stops with file, line and hint.
#include <gmock/gmock.h>

#include "unit/sql/text_reader.h"

namespace dunlin::sql {
namespace {

using testing::HasSubstr;

// The error, which must be the same however the script is read, and the number of statements before it.
Error error_of(Dialect dialect, std::string_view text, std::size_t before = 0) {
  std::optional<Error> first;
  const std::size_t smallest = text.size() < 10'000 ? 1 : 10'000;
  for (const std::size_t chunk : {smallest, smallest * 3, std::size_t{1} << 20}) {
    TextReader script(text, chunk);
    StatementReader reader(dialect, script, "m.sql", 1);
    std::size_t count = 0;
    try {
      while (reader.next()) ++count;
      ADD_FAILURE() << "read without an error: " << text;
    } catch (const Failure& failure) {
      EXPECT_EQ(count, before);
      EXPECT_EQ(failure.error().kind, ErrorKind::source);
      EXPECT_EQ(failure.error().where.file, "m.sql");
      EXPECT_FALSE(failure.error().hint.empty());
      if (!first) first = failure.error();
      EXPECT_EQ(failure.error().message, first->message);
      EXPECT_EQ(failure.error().where.line, first->where.line);
      EXPECT_EQ(failure.error().where.column, first->where.column);
      EXPECT_EQ(failure.error().line_text, first->line_text);
    }
  }
  return first.value_or(Error{});
}

struct Refusal {
  Dialect dialect;
  std::string_view script;
  std::string_view message;
  int line;
  int column;
  std::string_view line_text;
  std::size_t before = 0;
};

using namespace std::string_view_literals;

TEST(Protocol, Rule1_15_RefusesWhatNoServerWouldTake) {
  constexpr auto kPostgres = Dialect::postgres;
  constexpr auto kSqlite = Dialect::sqlite;
  const Refusal refusals[] = {
      {kPostgres, "SELECT 1;\n SELECT 'é\nx;", "unterminated string", 2, 9, " SELECT 'é", 1},
      {kPostgres, "SELECT E'a\\';", "unterminated string", 1, 9, "SELECT E'a\\';"},
      {kPostgres, "SELECT E'a\\", "unterminated string", 1, 9, "SELECT E'a\\"},
      {kPostgres, "SELECT E'a'\n'b", "unterminated string", 1, 9, "SELECT E'a'"},
      {kPostgres, "SELECT \"a;", "unterminated quoted name", 1, 8, "SELECT \"a;"},
      {kPostgres, "\n\nDO $body$ x $bod$;\n", "unterminated $body$ string", 3, 4, "DO $body$ x $bod$;"},
      {kPostgres, "SELECT 1; /* a /* b */", "unterminated comment", 1, 11, "SELECT 1; /* a /* b */", 1},
      {kPostgres, "SELECT 1 /* ", "unterminated comment", 1, 10, "SELECT 1 /* "},
      {kPostgres, "SELECT 1;\n\\connect db\n", "\\connect is a psql command, not SQL", 2, 1, "\\connect db", 1},
      {kPostgres, "SELECT 1 \\gexec", "\\gexec is a psql command, not SQL", 1, 10, "SELECT 1 \\gexec"},
      {kPostgres, "COPY t FROM stdin;\n1\ta\n\\.\n", "\\. is a psql command, not SQL", 3, 1, "\\.", 1},
      {kPostgres, "SELECT a\\ b", "a backslash outside of a string", 1, 9, "SELECT a\\ b"},
      {kPostgres, "SELECT 1;\nSELECT '\0';"sv, "the file holds a NUL byte", 2, 9, "SELECT '", 1},
      {kPostgres, "SELECT 1;\nSELECT '\xE9';", "byte 0xE9 is not valid UTF-8", 2, 9, "SELECT '", 1},
      {kPostgres, "-- \xC3", "byte 0xC3 is not valid UTF-8", 1, 4, "-- "},
      {kPostgres, "-- \xED\xA0\x80", "byte 0xED is not valid UTF-8", 1, 4, "-- "},
      {kPostgres, "-- \xF4\x90\x80\x80", "byte 0xF4 is not valid UTF-8", 1, 4, "-- "},
      {kPostgres, "-- \xC3\0"sv, "byte 0xC3 is not valid UTF-8", 1, 4, "-- "},
      {kPostgres, "\xFF\xFES\0"sv, "the file is UTF-16, not UTF-8", 1, 1, ""},
      {kSqlite, "SELECT 1; SELECT 'a;", "unterminated string", 1, 18, "SELECT 1; SELECT 'a;", 1},
      {kSqlite, "SELECT `a;", "unterminated quoted name", 1, 8, "SELECT `a;"},
      {kSqlite, "SELECT [a;", "unterminated quoted name", 1, 8, "SELECT [a;"},
      {kSqlite, "SELECT \"a;", "unterminated quoted name", 1, 8, "SELECT \"a;"},
      {kSqlite, "SELECT 1; /* lost\nSELECT 2;", "unterminated comment", 1, 11, "SELECT 1; /* lost", 1},
      {kSqlite, "SELECT 1; -- a\nSELECT 2\0;"sv, "the file holds a NUL byte", 2, 9, "SELECT 2", 1},
      {kSqlite, "SELECT 1;\n.mode csv\n", ".mode is a command of the sqlite3 shell, not SQL", 2, 1, ".mode csv", 1},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.script);
    const Error error = error_of(refusal.dialect, refusal.script, refusal.before);
    EXPECT_EQ(error.message, refusal.message);
    EXPECT_EQ(error.where.line, refusal.line);
    EXPECT_EQ(error.where.column, refusal.column);
    EXPECT_EQ(error.line_text, refusal.line_text);
  }
}

TEST(UnreadableScript, HintsSayWhatToDo) {
  EXPECT_THAT(error_of(Dialect::postgres, "\\restrict abc\n").hint, HasSubstr("delete the line"));
  EXPECT_THAT(error_of(Dialect::postgres, "SELECT 1;\n\\.\n", 1).hint, HasSubstr("INSERT"));
  EXPECT_THAT(error_of(Dialect::postgres, "-- \xE9").hint, HasSubstr("iconv -f LATIN1 -t UTF-8 m.sql"));
}

TEST(UnreadableScript, TheLineShownHidesItsPassword) {
  const Error error = error_of(Dialect::postgres, "ALTER ROLE x PASSWORD 'hunter2' VALID UNTIL 'oops;");
  EXPECT_EQ(error.line_text, "ALTER ROLE x PASSWORD '*******' VALID UNTIL 'oops;");
  EXPECT_EQ(error.where.column, 45);
}

// The beginning of the line has long left the window: nothing is shown rather than a wrong column.
TEST(UnreadableScript, AVeryLongLineIsNotShown) {
  std::string script(300'000, ' ');
  for (std::size_t k = 0; k < script.size(); k += 100) script.replace(k, 9, "SELECT 1;");
  const Error error = error_of(Dialect::postgres, script + "'", 3000);
  EXPECT_EQ(error.where.column, 300'001);
  EXPECT_EQ(error.line_text, "");
}

}  // namespace
}  // namespace dunlin::sql
