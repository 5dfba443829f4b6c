// Finding the next statement in a window: one function per dialect, stateless between statements.
#pragma once

#include <cstddef>

#include "sql/script_buffer.h"

namespace dunlin::sql {

// Indexes into the buffer's window. The start is held, the cursor is behind the semicolon.
struct Extent {
  std::size_t start = 0;
  std::size_t end = 0;
};

// False at the end of the script. Throws as StatementReader::next says.
bool find_postgres_statement(ScriptBuffer&, Extent&);
bool find_sqlite_statement(ScriptBuffer&, Extent&);

}  // namespace dunlin::sql
