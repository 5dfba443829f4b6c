// Keeps DROP TABLE from emptying the tables that reference the dropped one.
//
// With foreign keys on, SQLite deletes the rows of a table before it drops it, and ON DELETE CASCADE deletes the rows
// of other tables with them, without a word; inside a transaction the file's own PRAGMA foreign_keys = OFF does
// nothing. So a transaction that drops a referenced table runs with foreign keys off, and is checked. But then DELETE,
// UPDATE and REPLACE on a referenced table would not do what they did under the directory's own tool: both in one
// transaction stop.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "drivers/sqlite/foreign_keys.h"
#include "dunlin/plan.h"

namespace dunlin::sqlite {

// What a statement that is prepared, but has not run, means for foreign keys.
enum class ForeignKeyVerdict {
  harmless,
  needs_off,  // roll back and begin again with foreign keys off
  needs_on,   // they are off, and it relies on them
  unknown,    // the schema could not be read; the connection has the error
};

class ForeignKeyGuard {
 public:
  // `off`: they are off in this transaction although the session has them on.
  ForeignKeyGuard(Connection& connection, bool off) : connection_(connection), off_(off) {}

  ForeignKeyVerdict judge(const Footprint&, std::string_view statement);
  // After it has run.
  void ran(const Footprint&);

  bool off() const { return off_; }
  // The table whose drop, or the pragma, that foreign keys are off for; and the one that needs them on.
  const std::string& subject() const { return subject_; }

  // A result code: remembers the violations that there are already.
  int remember_violations();
  // A result code; `found` is a violation that was not there before.
  int find_new_violation(std::optional<Violations::New>& found);

 private:
  bool load();

  Connection& connection_;
  bool off_;
  bool loaded_ = false;
  References references_;
  Violations before_;
  std::set<std::string> rebuilt_;
  std::string subject_;
};

// Whether the step drops a table that another one references, as far as can be told without running it: a restart
// half-way is then not needed. Throws Failure (io, source).
bool drops_referenced_table(Connection&, const Step&);

// "off", "0", "no", "false"; and the opposite. Empty for anything else.
std::optional<bool> pragma_truth(std::string_view value);

}  // namespace dunlin::sqlite
