// Cuts a script into statements by the server's own lexical rules, as a stream: memory is bounded by the longest
// statement, time is linear.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dunlin/dialect.h"
#include "dunlin/error.h"
#include "dunlin/script.h"

namespace dunlin::sql {

struct Statement {
  // From the first token to the last, without leading comments and without the final semicolon. Never empty.
  std::string text;
  // Of the first token; lines and code-point columns count from 1.
  int line = 1;
  int column = 1;
  // Byte offset of the first token in the script.
  std::uint64_t offset = 0;
};

class StatementReader {
 public:
  // `reader` must outlive this. `shown_as` is the file's name in errors, `first_line` the line its text begins at.
  StatementReader(Dialect dialect, ScriptReader& reader, std::string shown_as, int first_line = 1);
  ~StatementReader();
  StatementReader(StatementReader&&) noexcept;

  // Empty statements are skipped. Throws Failure (source) with file and line for what no server would take, or would
  // take wrongly: a NUL byte, invalid UTF-8, an unterminated quote, dollar quote or comment, a psql backslash command.
  std::optional<Statement> next();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The line of `reader` with this number, without its newline and cut to a displayable length; empty when there is none.
// For the caret display of an error.
std::string line_text(ScriptReader& reader, int line);

// Where `position` (code points from 1 into `statement.text`, as PostgreSQL counts) is in the file.
SourcePosition position_in_file(const Statement& statement, const std::string& shown_as, int position);

}  // namespace dunlin::sql
