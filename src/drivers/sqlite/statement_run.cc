#include "drivers/sqlite/statement_run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "drivers/sqlite/errors.h"
#include "drivers/sqlite/pragmas.h"

namespace dunlin::sqlite {
namespace {

constexpr std::string_view kOutside = "put  -- no-transaction  into the first line of the file";

// SQLite would take the rest of the text for another statement.
bool is_more(Connection& connection, std::string_view tail) {
  if (tail.find_first_not_of(" \t\r\n\f;") == std::string_view::npos) return false;
  Statement rest;
  return rest.prepare(connection, tail) != SQLITE_OK || !rest.empty();
}

}  // namespace

const Script* StatementRun::script() const {
  return step_ == nullptr ? nullptr : &step_->script();
}

Ran StatementRun::failed(const SourceStatement& statement) const {
  const int code = sqlite3_extended_errcode(connection_.handle());
  Ran ran{.end = End::failed, .error = error_of(connection_, statement, script()), .retryable = retryable(code)};
  if ((code & 0xff) != SQLITE_INTERRUPT) return ran;
  if (connection_.waiting().timed_out()) {
    ran.error->kind = ErrorKind::timeout;
    ran.error->message = fmt::format("the statement ran for longer than the statement timeout of {} ms",
                                     connection_.waiting().statement_timeout().count());
  } else {
    ran.end = End::interrupted;
    ran.error->kind = ErrorKind::interrupted;
  }
  return ran;
}

Ran StatementRun::refused(const SourceStatement& statement, std::string message, std::string hint) const {
  return {.end = End::failed,
          .error = error_at(ErrorKind::source, std::move(message), std::move(hint), statement, script())};
}

void StatementRun::warn(const SourceStatement& statement, std::string code, std::string message,
                        std::string hint) const {
  const Error at = error_at(ErrorKind::source, std::move(message), std::move(hint), statement, script());
  observer_.diagnostic({Severity::warning, std::move(code), at.message, at.hint, at.where, at.line_text});
}

std::optional<Ran> StatementRun::look_at_foreign_keys(const SourceStatement& statement, const Footprint& footprint) {
  if (guard_ == nullptr) return std::nullopt;
  switch (guard_->judge(footprint, statement.text)) {
    case ForeignKeyVerdict::harmless: return std::nullopt;
    case ForeignKeyVerdict::unknown: return failed(statement);
    case ForeignKeyVerdict::needs_off: return Ran{.end = End::needs_foreign_keys_off};
    case ForeignKeyVerdict::needs_on: break;
  }
  Ran ran;
  ran.end = End::failed;
  ran.error = error_at(
      ErrorKind::safety,
      fmt::format("this changes rows of {}, which other tables reference, in a transaction that needs foreign keys off "
                  "because it drops a referenced table: ON DELETE and ON UPDATE would not act",
                  guard_->subject()),
      "put the statement that changes rows, or the one that drops the table, into a migration of its own", statement,
      script());
  return ran;
}

void StatementRun::look_at_pragma(const SourceStatement& statement, const Footprint& footprint) const {
  if (footprint.pragma.empty() || footprint.pragma_value.empty()) return;
  if (ignored_inside(footprint.pragma)) {
    const bool is_so = footprint.pragma == "foreign_keys" &&
                       pragma_truth(footprint.pragma_value) == (connection_.foreign_keys() || guard_ != nullptr);
    if (is_so) return;
    const bool done_for_it = footprint.pragma == "foreign_keys" && guard_ != nullptr && guard_->off();
    warn(statement, "pragma-does-nothing",
         fmt::format(
             "PRAGMA {} does nothing inside a transaction{}", footprint.pragma,
             done_for_it ? "; dunlin has foreign keys off around this file and checks them before it commits" : ""),
         done_for_it ? std::string() : std::string(kOutside));
  } else if (outlives_statement(footprint.pragma)) {
    warn(statement, "state-left-behind",
         fmt::format("PRAGMA {} changes the connection; dunlin puts it back after this file", footprint.pragma), {});
  }
}

// An error of SQLite's own while the transaction has written nothing; after that, not a word.
void StatementRun::check_journal_mode(const SourceStatement& statement, const Footprint& footprint) const {
  Statement mode;
  if (mode.prepare(connection_, "PRAGMA main.journal_mode") != SQLITE_OK || mode.step() != SQLITE_ROW) return;
  if (fold(mode.text(0).value_or("")) == fold(footprint.pragma_value)) return;
  warn(statement, "pragma-does-nothing", "PRAGMA journal_mode does nothing inside a transaction",
       std::string(kOutside));
}

std::optional<Ran> StatementRun::look_before(const SourceStatement& statement, const Footprint& footprint) {
  if (!footprint.transaction.empty()) {
    if (footprint.transaction == "BEGIN") {
      return refused(statement, "this begins a transaction inside the one that dunlin runs the migration in",
                     fmt::format("remove BEGIN and COMMIT: dunlin does both; or, to do without, {}", kOutside));
    }
    return refused(
        statement,
        fmt::format("this {} would end the transaction that dunlin runs the migration in", footprint.transaction),
        fmt::format("remove it: dunlin commits the migration together with its history row; or {}", kOutside));
  }
  if (auto stopped = look_at_foreign_keys(statement, footprint)) return stopped;
  look_at_pragma(statement, footprint);
  return std::nullopt;
}

Ran StatementRun::finish(Statement& prepared, const SourceStatement& statement, std::string_view tail) {
  if (prepared.finish() != SQLITE_OK) return failed(statement);
  if (is_more(connection_, tail)) {
    return refused(statement, "SQLite ends this statement earlier than dunlin does", "put a semicolon between the two");
  }
  return {};
}

Ran StatementRun::inside(const SourceStatement& statement) {
  Statement prepared;
  std::string_view tail;
  const int code = prepared.prepare(connection_, statement.text, &tail);
  const Footprint footprint = connection_.footprint();
  const auto with_way_out = [&](Ran ran) {
    const bool checkpoint = footprint.pragma == "wal_checkpoint" && ran.retryable;
    if (ran.end == End::failed && (checkpoint || refusal_message(ran.error->message))) {
      ran.error->hint = kOutside;
      ran.retryable = false;
    }
    return ran;
  };
  if (code != SQLITE_OK) return with_way_out(failed(statement));
  if (auto stopped = look_before(statement, footprint)) return *std::move(stopped);
  Ran ran = finish(prepared, statement, tail);
  ran.touched_settings = !footprint.pragma_value.empty() && outlives_statement(footprint.pragma);
  if (ran.end == End::done) {
    if (guard_ != nullptr) guard_->ran(footprint);
    if (footprint.pragma == "journal_mode" && !footprint.pragma_value.empty()) check_journal_mode(statement, footprint);
    if (!connection_.in_transaction()) {
      // SQLite ends a transaction only with an error or by a statement we look for; a function of the application's
      // can.
      ran = refused(statement, "this has ended the transaction that dunlin runs the migration in", {});
      ran.error->kind = ErrorKind::remains;
      ran.remains = true;
      ran.touched_settings = true;
    }
    return ran;
  }
  return with_way_out(std::move(ran));
}

Ran StatementRun::together(const SourceStatement& statement) {
  Statement prepared;
  std::string_view tail;
  const int code = prepared.prepare(connection_, statement.text, &tail);
  const Footprint footprint = connection_.footprint();
  const bool mindful = refused_inside(footprint.pragma) || ignored_inside(footprint.pragma);
  if (!footprint.transaction.empty() || (mindful && !footprint.pragma_value.empty()) ||
      footprint.pragma == "wal_checkpoint") {
    Ran ran = refused(statement, "this does not work inside a transaction", std::string(kOutside));
    ran.end = End::refused_in_transaction;
    return ran;
  }
  Ran ran;
  if (code != SQLITE_OK) {
    ran = failed(statement);
  } else if (auto stopped = look_at_foreign_keys(statement, footprint)) {
    return *std::move(stopped);
  } else {
    ran = finish(prepared, statement, tail);
  }
  if (ran.end == End::done && guard_ != nullptr) guard_->ran(footprint);
  if (ran.end == End::failed && refusal_message(ran.error->message)) ran.end = End::refused_in_transaction;
  return ran;
}

Ran StatementRun::alone(const SourceStatement& statement) {
  Statement prepared;
  std::string_view tail;
  if (prepared.prepare(connection_, statement.text, &tail) != SQLITE_OK) return failed(statement);
  const Footprint footprint = connection_.footprint();
  if (connection_.foreign_keys() && !footprint.dropped.empty()) {
    References references;
    if (references.load(connection_) != SQLITE_OK) return failed(statement);
    for (const std::string& table : footprint.dropped) {
      const auto changed = references.silently_changed_by(table);
      if (!changed) continue;
      Ran ran;
      ran.end = End::failed;
      ran.error =
          error_at(ErrorKind::safety,
                   fmt::format("dropping {} would delete or change rows of {} through ON DELETE", table, *changed),
                   "put  PRAGMA foreign_keys = OFF;  before it in the file", statement, script());
      return ran;
    }
  }
  return finish(prepared, statement, tail);
}

}  // namespace dunlin::sqlite
