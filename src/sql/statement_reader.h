// Cuts a script into statements by the server's own lexical rules, as a stream: memory is bounded by the longest
// statement (or comment), time is linear.
//
// PostgreSQL: as psql cuts, standard_conforming_strings being on; the end of a BEGIN ATOMIC body is found by the
// server's parser where it knows the syntax. SQLite: as sqlite3_prepare_v2 cuts. MySQL is refused here (Failure usage)
// until its driver brings its rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dunlin/dialect.h"
#include "dunlin/error.h"
#include "dunlin/script.h"

namespace dunlin::sql {

struct Statement {
  // Without leading comments and without the final semicolon; never empty. PostgreSQL: from the first token to the
  // last. SQLite, which keeps the text of CREATE statements: all up to the semicolon, or to the script's end.
  std::string text;
  // Of the first token; lines and code-point columns count from 1.
  int line = 1;
  int column = 1;
  // Byte offset of the first token in the script, a byte order mark included.
  std::uint64_t offset = 0;
  // Of what follows the statement and its semicolon; whether it has one.
  std::uint64_t end = 0;
  bool terminated = false;
};

// The same without the copy: `text` lives until the reader is asked for the next statement.
struct StatementView {
  std::string_view text;
  int line = 1;
  int column = 1;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
  bool terminated = false;
};

class StatementReader {
 public:
  // `reader` must outlive this. `shown_as` is the file's name in errors, `first_line` the line its text begins at.
  // Throws Failure (usage) for a dialect that cannot be read.
  StatementReader(Dialect dialect, ScriptReader& reader, std::string shown_as, int first_line = 1);
  ~StatementReader();
  StatementReader(StatementReader&&) noexcept;

  // Empty statements are skipped. Throws Failure (source) with file, line and hint for what no server would take, or
  // would take wrongly: a NUL byte, invalid UTF-8, an unterminated quote, dollar quote or comment, a backslash command
  // of psql, a dot command of the sqlite3 shell. What stands before it is delivered first. After a throw, no more
  // calls.
  std::optional<Statement> next();
  std::optional<StatementView> next_view();

  // The throw was about a quote or comment that the script's end cuts off: more text might have ended it.
  bool ended_inside() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The line of `reader` with this number (from 1, the reader's text beginning at `first_line`), without its newline and
// byte order mark, cut to a displayable length, passwords masked; empty when there is none. For the caret display of an
// error: columns stay where they are.
std::string line_text(ScriptReader& reader, int line, int first_line = 1);

// Where `position` (code points from 1 into `statement.text`, as PostgreSQL counts) is in the file. 0, or one that is
// out of range: the statement's beginning, or its end.
SourcePosition position_in_file(const Statement& statement, const std::string& shown_as, int position);

}  // namespace dunlin::sql
