// What a statement is about to touch, told by SQLite itself while it prepares the statement (its authorizer callback):
// exact where words in the text can only guess, through triggers and WITH clauses too.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct sqlite3;

namespace dunlin::sqlite {

// ASCII letters in lower case: how SQLite compares names.
std::string fold(std::string_view name);

struct Footprint {
  // Table names in lower case, of the main database, without SQLite's own tables.
  std::vector<std::string> dropped;
  std::vector<std::string> deleted_from;
  std::vector<std::string> inserted_into;
  std::vector<std::pair<std::string, std::string>> updated;  // table, column
  // BEGIN, COMMIT or ROLLBACK of a transaction, not of a savepoint.
  std::string transaction;
  // In lower case; the value as written, empty for a pragma that only asks.
  std::string pragma;
  std::string pragma_value;
  bool changes_schema = false;
  bool attaches = false;
  bool creates_temporary = false;

  void clear() { *this = Footprint(); }
};

// Fills `footprint` at every prepare on the connection, until the connection is closed.
void record_footprints(sqlite3* connection, Footprint* footprint);

}  // namespace dunlin::sqlite
