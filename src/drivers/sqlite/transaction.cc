#include "drivers/sqlite/transaction.h"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "drivers/sqlite/errors.h"
#include "drivers/sqlite/pragmas.h"
#include "drivers/sqlite/script_context.h"
#include "sql/statement_reader.h"

namespace dunlin::sqlite {
namespace {

// How many busy timeouts a COMMIT is given: all of the migration's work is done by then, and only readers stand in its
// way.
constexpr int kCommitPatience = 4;

SourceStatement place_of(const Unit& unit, std::string_view text) {
  SourceStatement statement{text, {}};
  statement.where.file = unit.step->script().shown_as();
  return statement;
}

}  // namespace

TransactionEnd Transaction::run(std::span<const Unit> units) {
  const bool foreign_keys = connection_.foreign_keys();
  bool off = false;
  if (foreign_keys) {
    for (const Unit& unit : units) {
      // Of a callback only its maker can know.
      const bool wanted = unit.step->callback() ? unit.step->foreign_keys_off : false;
      try {
        off = off || wanted || drops_referenced_table(connection_, *unit.step);
      } catch (const Failure& failure) {
        return *stop_with(failure.error());
      }
    }
  }
  for (;;) {
    bool restart = false;
    TransactionEnd end = attempt(units, off, restart);
    connection_.rollback();
    connection_.set_foreign_keys(foreign_keys);
    connection_.waiting().set_patient(true);
    if (!restart || off) return end;
    off = true;
  }
}

TransactionEnd Transaction::attempt(std::span<const Unit> units, bool foreign_keys_off, bool& restart) {
  times_.clear();
  restart_ = false;
  connection_.rollback();
  const bool guarded = connection_.foreign_keys();
  ForeignKeyGuard guard(connection_, foreign_keys_off);
  guard_ = guarded ? &guard : nullptr;
  if (foreign_keys_off) connection_.set_foreign_keys(false);

  Stop stopped = begin();
  if (!stopped && foreign_keys_off && guard.remember_violations() != SQLITE_OK) {
    stopped = stop_at(units.front(), "cannot check foreign keys");
  }
  for (std::size_t i = 0; !stopped && i < units.size(); ++i) stopped = run_unit(units[i]);
  if (!stopped) stopped = commit(units);
  restart = restart_;
  guard_ = nullptr;
  if (pragmas_touched_) {
    connection_.rollback();
    restore_pragmas(connection_);
    pragmas_touched_ = false;
  }
  if (stopped) return *std::move(stopped);
  return {.execution_times = std::move(times_)};
}

Transaction::Stop Transaction::begin() {
  if (connection_.waiting().interrupted()) return stop_interrupted();
  connection_.waiting().set_patient(true);
  const int code = connection_.run("BEGIN IMMEDIATE");
  // From here on a lock is never waited for: we hold the one that matters, and others may wait for us.
  connection_.waiting().set_patient(false);
  if (code == SQLITE_OK) return std::nullopt;
  if (connection_.waiting().interrupted()) return stop_interrupted();
  Error error = error_of(connection_, retryable(code) ? ErrorKind::lock_busy : ErrorKind::sql,
                         "cannot begin a transaction that writes");
  if (retryable(code)) {
    error.message = fmt::format("another process has been writing to the database for longer than {} ms",
                                connection_.waiting().busy_timeout().count());
  }
  return stop_with(std::move(error), retryable(code));
}

Transaction::Stop Transaction::check_fence(const Unit& unit) {
  if (unit.fence.sql.empty()) return std::nullopt;
  Statement statement;
  int code = statement.prepare(connection_, unit.fence.sql);
  if (code == SQLITE_OK) code = statement.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return stop_at(unit, "cannot read the history");
  if (code == SQLITE_ROW && statement.text(0) == unit.fence.expected) return std::nullopt;
  return TransactionEnd{.outcome = ApplyOutcome::moved};
}

Transaction::Stop Transaction::run_unit(const Unit& unit) {
  if (connection_.waiting().interrupted()) return stop_interrupted();
  const Step& step = *unit.step;
  observer_.step_started(step, unit.index);
  connection_.start_clock();
  if (auto stopped = check_fence(unit)) return stopped;
  try {
    if (auto stopped = step.callback() ? run_callback(step) : run_script(step)) return stopped;
  } catch (const Failure& failure) {
    return stop_with(failure.error());
  }
  if (auto stopped = check_foreign_keys(unit)) return stopped;
  return record(unit);
}

Transaction::Stop Transaction::run_script(const Step& step) {
  const Script& script = step.script();
  if (script.empty()) return std::nullopt;
  const auto reader = script.open();
  sql::StatementReader statements(Dialect::sqlite, *reader, script.shown_as(), script.first_line());
  StatementRun run(connection_, &step, guard_, observer_);
  auto statement = statements.next();
  if (step.drop_outer_transaction) statement = statements.next();
  for (std::size_t number = 0; statement; ++number) {
    auto following = statements.next();
    if (step.drop_outer_transaction && !following) break;
    const SourceStatement source{statement->text, {script.shown_as(), statement->line, statement->column}};
    Ran ran = run.inside(source);
    pragmas_touched_ = pragmas_touched_ || ran.touched_settings;
    if (ran.end != End::done) return stop(std::move(ran));
    observer_.statement_finished(step, number);
    statement = std::move(following);
  }
  return std::nullopt;
}

Transaction::Stop Transaction::run_callback(const Step& step) {
  ScriptContext context(connection_, step, guard_, observer_);
  Stop stopped;
  try {
    step.callback()(context);
  } catch (const Failure& failure) {
    stopped = stop_with(failure.error());
  } catch (const std::exception& error) {
    stopped = stop_with({.kind = ErrorKind::sql, .message = error.what()});
  }
  // The database's own answer counts, also where the callback has swallowed it and gone on.
  pragmas_touched_ = pragmas_touched_ || context.touched_settings();
  if (context.stopped()) {
    return stop(*context.stopped());
  }
  if (!stopped && !connection_.in_transaction()) {
    return stop({.end = End::failed,
                 .error = Error{.kind = ErrorKind::remains, .message = "the migration has ended its transaction"},
                 .remains = true});
  }
  return stopped;
}

Transaction::Stop Transaction::check_foreign_keys(const Unit& unit) {
  if (guard_ == nullptr || !guard_->off()) return std::nullopt;
  std::optional<Violations::New> found;
  if (guard_->find_new_violation(found) != SQLITE_OK) return stop_at(unit, "cannot check foreign keys");
  if (!found) return std::nullopt;
  const std::string row = found->rowid ? fmt::format("row {} of table {}", *found->rowid, found->table)
                                       : fmt::format("a row of table {}", found->table);
  std::string message =
      found->mismatch.empty()
          ? fmt::format("{} would refer to a row of {} that does not exist", row, found->parent)
          : fmt::format("the foreign keys of table {} would not fit: {}", found->table, found->mismatch);
  Error error =
      error_at(ErrorKind::sql, std::move(message),
               fmt::format("a rebuilt table keeps its references when the new table is made under another name, "
                           "filled, and renamed after DROP TABLE {}",
                           found->parent),
               place_of(unit, {}), nullptr);
  error.sqlstate = "SQLITE_CONSTRAINT";
  error.server_detail = "SQLITE_CONSTRAINT_FOREIGNKEY";
  return stop_with(std::move(error));
}

Transaction::Stop Transaction::record(const Unit& unit) {
  if (pragmas_touched_) restore_pragmas(connection_);
  connection_.stop_clock();
  times_.push_back(connection_.elapsed());
  for (const std::string& sql : unit.record) {
    Statement statement;
    int code = statement.prepare(connection_, sql);
    if (code == SQLITE_OK) code = statement.finish();
    if (code != SQLITE_OK) return stop_at(unit, "cannot write the history row");
  }
  return std::nullopt;
}

Transaction::Stop Transaction::commit(std::span<const Unit> units) {
  if (connection_.waiting().interrupted()) return stop_interrupted();
  connection_.waiting().set_patient(true);
  int code = SQLITE_BUSY;
  // A busy COMMIT leaves the transaction open, and only the COMMIT has to be said again.
  for (int tries = 0; tries < kCommitPatience && (code & 0xff) == SQLITE_BUSY; ++tries) {
    code = connection_.run("COMMIT");
    if (connection_.waiting().interrupted()) break;
  }
  if (code == SQLITE_OK) {
    if (connection_.in_transaction()) return stop_at(units.back(), "COMMIT has not committed");
    for (std::size_t i = 0; i < units.size(); ++i) {
      const Step& step = *units[i].step;
      observer_.step_finished(step, {step.migration.version, step.migration.name, step.direction, times_[i], false});
    }
    return std::nullopt;
  }
  if ((code & 0xff) == SQLITE_BUSY && connection_.waiting().interrupted()) return stop_interrupted();
  Stop stopped = stop_at(units.back(), "cannot commit");
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
    Violations now;
    const auto found = now.load(connection_) == SQLITE_OK ? now.first_new({}, {}) : std::nullopt;
    if (found && found->rowid) {
      stopped->error->server_detail += fmt::format(": row {} of table {} refers to a row of {} that does not exist",
                                                   *found->rowid, found->table, found->parent);
    }
  }
  return stopped;
}

Transaction::Stop Transaction::stop(Ran ran) {
  if (ran.end == End::needs_foreign_keys_off) {
    restart_ = true;
    return TransactionEnd{.outcome = ApplyOutcome::failed};
  }
  if (ran.end == End::interrupted) return stop_interrupted();
  return TransactionEnd{.outcome = ApplyOutcome::failed,
                        .error = std::move(ran.error),
                        .retryable = ran.retryable && !ran.remains,
                        .remains = ran.remains};
}

Transaction::Stop Transaction::stop_with(Error error, bool may_retry) {
  if (error.kind == ErrorKind::interrupted) return stop_interrupted();
  return TransactionEnd{.outcome = ApplyOutcome::failed, .error = std::move(error), .retryable = may_retry};
}

Transaction::Stop Transaction::stop_interrupted() {
  return TransactionEnd{.outcome = ApplyOutcome::interrupted,
                        .error = Error{.kind = ErrorKind::interrupted, .message = "interrupted"}};
}

Transaction::Stop Transaction::stop_at(const Unit& unit, std::string_view doing) {
  const int code = sqlite3_extended_errcode(connection_.handle());
  if ((code & 0xff) == SQLITE_INTERRUPT && connection_.waiting().interrupted()) return stop_interrupted();
  Error error = error_of(connection_, ErrorKind::sql, doing);
  error.where.file = unit.step->script().shown_as();
  return stop_with(std::move(error), retryable(code));
}

}  // namespace dunlin::sqlite
