// What a format has to know of a script before it is run, found in one reading.
#pragma once

#include <optional>
#include <string>

#include "base/utf8.h"
#include "dunlin/script.h"

namespace dunlin::formats {

struct ScriptCheck {
  std::optional<InvalidUtf8> invalid_utf8;
  // Nothing but white space (and a byte order mark).
  bool blank = true;
  // The first bytes of the file are `mark`.
  bool marked = false;
  // The line, below the first byte of the file, where a mark stands that was meant and does not count; 0: none.
  int misplaced_mark_line = 0;
  // Another tool's annotation at the start of a line ("goose", "dbmate", "tern"), its line, and whether one begins a
  // down section.
  std::string foreign_tool;
  int foreign_line = 0;
  bool foreign_down = false;
};

// `mark` as sqlx spells it: "-- no-transaction". Throws Failure (io).
ScriptCheck check_script(const Script& script, std::string_view mark);

}  // namespace dunlin::formats
