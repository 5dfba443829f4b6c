// Keeps a connection from changing anything, this database or another file.
#pragma once

struct sqlite3;

namespace dunlin::sqlite {

// From now on statements that do more than read cannot be prepared: SQLITE_AUTH.
void let_only_read(sqlite3* connection);

}  // namespace dunlin::sqlite
