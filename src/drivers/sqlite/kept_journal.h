// The rollback journal of a connection, kept between transactions.
#pragma once

#include "drivers/sqlite/connection.h"

namespace dunlin::sqlite {

// While it lives, a database that deletes its rollback journal after each transaction (SQLite's default) has the
// journal's header overwritten instead, which is as safe and spares making and removing a file. At the end the journal
// is removed, unless somebody else is using the database: then it stays, of no consequence to anybody, until their next
// transaction. Any other journal mode is left alone. See https://sqlite.org/pragma.html#pragma_journal_mode.
class KeptJournal {
 public:
  explicit KeptJournal(Connection&);
  ~KeptJournal();
  KeptJournal(const KeptJournal&) = delete;
  KeptJournal& operator=(const KeptJournal&) = delete;

 private:
  Connection& connection_;
  bool kept_ = false;
};

}  // namespace dunlin::sqlite
