// What the scanners of all dialects do alike: walk the window, pass over blanks, comments and quotes.
#pragma once

#include <cstddef>

#include "dunlin/dialect.h"
#include "sql/script_buffer.h"

namespace dunlin::sql {

class ScanCursor {
 protected:
  ScanCursor(ScriptBuffer& buffer, Dialect dialect)
      : buffer_(buffer), at_(buffer.cursor), postgres_(dialect == Dialect::postgres) {}

  // The current byte, or the one `ahead` of it, reading on if need be; NUL at the end of the script.
  char here() {
    const char c = buffer_.text()[at_];
    return c != '\0' ? c : peek(0);
  }
  char peek(std::size_t ahead) {
    // more() may move the window, so it gets the current index, not the one looked for.
    while (at_ + ahead >= buffer_.size()) {
      if (!buffer_.more(at_)) return '\0';
    }
    return buffer_.text()[at_ + ahead];
  }

  // To the next statement's first token; false when there is none. Holds the token.
  bool find_start();
  // Whether a comment starts here; passes over it if so.
  bool skip_comment();
  // Over a string or name that starts here and ends with `close`, doubled ones being part of it.
  void skip_quoted(char close);
  // The index to go on from lies behind the semicolon at `end`, if there is one.
  void finish_at(std::size_t end);

  ScriptBuffer& buffer_;
  std::size_t at_;

 private:
  void skip_line_comment();
  void skip_block_comment();

  bool postgres_;
};

}  // namespace dunlin::sql
