#include "drivers/sqlite/kept_journal.h"

#include <sqlite3.h>

namespace dunlin::sqlite {
namespace {

bool mode_is(Connection& connection, std::string_view mode) {
  Statement statement;
  return statement.prepare(connection, "PRAGMA main.journal_mode") == SQLITE_OK && statement.step() == SQLITE_ROW &&
         statement.text(0) == mode;
}

}  // namespace

KeptJournal::KeptJournal(Connection& connection) : connection_(connection) {
  if (mode_is(connection_, "delete")) kept_ = connection_.run("PRAGMA main.journal_mode = PERSIST") == SQLITE_OK;
}

KeptJournal::~KeptJournal() {
  // A migration may have chosen another mode meanwhile.
  if (kept_ && mode_is(connection_, "persist")) connection_.run("PRAGMA main.journal_mode = DELETE");
}

}  // namespace dunlin::sqlite
