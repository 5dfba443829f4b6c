#include "drivers/sqlite/reading_only.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <sqlite3.h>

#include "drivers/sqlite/footprint.h"

namespace dunlin::sqlite {
namespace {

// Pragmas whose argument says what to tell, not what to set.
constexpr std::array<std::string_view, 11> kTelling{
    "table_info",       "table_xinfo",       "table_list",      "index_list",  "index_info",   "index_xinfo",
    "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "database_list"};
// Pragmas that work on the file without an argument, too.
constexpr std::array<std::string_view, 3> kWorking{"wal_checkpoint", "optimize", "incremental_vacuum"};

bool contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool only_tells(const char* pragma, const char* value) {
  const std::string name = fold(pragma == nullptr ? "" : pragma);
  return value == nullptr ? !contains(kWorking, name) : contains(kTelling, name);
}

int on_action(void*, int action, const char* first, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: return SQLITE_OK;
    // Asked for where a table-valued pragma is declared. The schema itself cannot be changed: that takes a pragma.
    case SQLITE_UPDATE: return fold(first == nullptr ? "" : first) == "sqlite_master" ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA: return only_tells(first, second) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
  }
}

}  // namespace

void let_only_read(sqlite3* connection) {
  sqlite3_set_authorizer(connection, &on_action, nullptr);
}

}  // namespace dunlin::sqlite
