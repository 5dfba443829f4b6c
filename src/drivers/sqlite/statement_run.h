// One statement of a migration, run to its end and looked at before and after.
#pragma once

#include <optional>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/guard.h"
#include "dunlin/driver.h"

namespace dunlin::sqlite {

enum class End {
  done,
  failed,
  interrupted,
  refused_in_transaction,  // it would be refused, or do nothing, in the transaction that is open; it has not run
  needs_foreign_keys_off,  // it has not run
};

struct Ran {
  End end = End::done;
  std::optional<Error> error;
  bool retryable = false;
  // The transaction was committed by something else than dunlin.
  bool remains = false;
  // A setting of the connection has changed, or may have.
  bool touched_settings = false;
};

class StatementRun {
 public:
  // `guard` may be null: the session has foreign keys off of its own.
  StatementRun(Connection& connection, const Step* step, ForeignKeyGuard* guard, Observer& observer)
      : connection_(connection), step_(step), guard_(guard), observer_(observer) {}

  // In a transaction that dunlin has begun. What SQLite refuses there is `failed`, with the way out as the hint.
  Ran inside(const SourceStatement&);
  // The same, where what is refused can be run alone instead: refused_in_transaction.
  Ran together(const SourceStatement&);
  // By itself, in whatever transaction the file has begun.
  Ran alone(const SourceStatement&);

  // What went wrong last on the connection, as the end of `statement`.
  Ran failed(const SourceStatement&) const;

 private:
  Ran refused(const SourceStatement&, std::string message, std::string hint) const;
  std::optional<Ran> look_before(const SourceStatement&, const Footprint&);
  std::optional<Ran> look_at_foreign_keys(const SourceStatement&, const Footprint&);
  void look_at_pragma(const SourceStatement&, const Footprint&) const;
  void check_journal_mode(const SourceStatement&, const Footprint&) const;
  void warn(const SourceStatement&, std::string code, std::string message, std::string hint) const;
  Ran finish(Statement&, const SourceStatement&, std::string_view tail);
  const Script* script() const;

  Connection& connection_;
  const Step* step_;
  ForeignKeyGuard* guard_;
  Observer& observer_;
};

}  // namespace dunlin::sqlite
