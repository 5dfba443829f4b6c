#include "drivers/sqlite/session.h"

#include <atomic>

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "drivers/sqlite/errors.h"
#include "drivers/sqlite/kept_journal.h"
#include "drivers/sqlite/opening.h"
#include "drivers/sqlite/pragmas.h"
#include "drivers/sqlite/statement_run.h"
#include "drivers/sqlite/transaction.h"
#include "sql/traits.h"

namespace dunlin::sqlite {
namespace {

class Watched {
 public:
  Watched(Connection& connection, Observer& observer) : connection_(connection) {
    connection_.waiting().set_observer(&observer);
  }
  ~Watched() { connection_.waiting().set_observer(nullptr); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  Connection& connection_;
};

BackendId next_backend() {
  static std::atomic<int> sessions{0};
  return {::getpid(), fmt::format("session {}", ++sessions)};
}

StatementResult result_of(Ran ran, std::chrono::nanoseconds elapsed) {
  StatementResult result;
  result.execution_time = elapsed;
  result.error = std::move(ran.error);
  result.retryable = ran.retryable;
  switch (ran.end) {
    case End::done: break;
    case End::interrupted: result.outcome = StatementOutcome::interrupted; break;
    case End::refused_in_transaction:
      result.outcome = StatementOutcome::failed;
      result.refused_in_transaction = true;
      result.retryable = false;
      break;
    case End::failed:
    case End::needs_foreign_keys_off: result.outcome = StatementOutcome::failed; break;
  }
  return result;
}

[[noreturn]] void fail_query(Connection& connection) {
  const int code = sqlite3_errcode(connection.handle());
  if ((code & 0xff) == SQLITE_INTERRUPT || (retryable(code) && connection.waiting().interrupted())) {
    throw Failure(ErrorKind::interrupted, "interrupted");
  }
  throw Failure(error_of(connection, ErrorKind::sql, "cannot read the database"));
}

Rows read_rows(Connection& connection, std::string_view sql) {
  Statement statement;
  if (statement.prepare(connection, sql) != SQLITE_OK) fail_query(connection);
  Rows rows;
  int code = SQLITE_ROW;
  while ((code = statement.step()) == SQLITE_ROW) {
    Row& row = rows.emplace_back();
    for (int column = 0; column < statement.columns(); ++column) row.push_back(statement.text(column));
  }
  if (code != SQLITE_DONE) fail_query(connection);
  return rows;
}

}  // namespace

ServerInfo describe(const Location& location) {
  ServerInfo server;
  server.product = fmt::format("SQLite {}", sqlite3_libversion());
  server.version = sqlite3_libversion_number();
  server.database = location.name();
  server.location = location.shown();
  return server;
}

SqliteSession::SqliteSession(Location location, SessionOptions options)
    : location_(std::move(location)),
      options_(std::move(options)),
      server_(describe(location_)),
      backend_(next_backend()),
      foreign_keys_(location_.foreign_keys.value_or(options_.foreign_keys)) {
  if (options_.read_only) {
    Reader reader = open_to_read(location_, options_);
    if (reader.keep) connection_ = std::move(reader.connection);
  } else {
    connection_ = open_to_write(location_, options_);
  }
}

Connection& SqliteSession::writer() {
  if (options_.read_only || !connection_) throw Failure(ErrorKind::usage, "this session was opened for reading only");
  return *connection_;
}

Rows SqliteSession::query(std::string_view sql) {
  if (connection_) return read_rows(*connection_, sql);
  Reader reader = open_to_read(location_, options_);
  Rows rows = read_rows(*reader.connection, sql);
  if (reader.keep) connection_ = std::move(reader.connection);
  return rows;
}

TableLocation SqliteSession::locate(const TableName& table) {
  const auto quoted = [](std::string_view text, char quote) {
    std::string result(1, quote);
    for (const char c : text) result.append(c == quote ? 2 : 1, c);
    return result + quote;
  };
  const std::string schema = table.schema.empty() ? "main" : table.schema;
  const Rows rows =
      query(fmt::format("SELECT 1 FROM {}.sqlite_master WHERE type = 'table' AND name = {} COLLATE NOCASE",
                        quoted(schema, '"'), quoted(table.name, '\'')));
  return {table, !rows.empty()};
}

ApplyResult SqliteSession::apply(std::span<const Unit> units, TransactionScope scope, const std::optional<RunLock>&,
                                 Observer& observer) {
  Connection& connection = writer();
  const Watched watched(connection, observer);
  connection.rollback();
  connection.set_foreign_keys(foreign_keys_);
  std::optional<KeptJournal> journal;
  if (scope == TransactionScope::each && units.size() > 1) journal.emplace(connection);
  const std::size_t together = scope == TransactionScope::all ? units.size() : 1;
  ApplyResult result;
  for (; result.committed < units.size(); result.committed += together) {
    Transaction transaction(connection, observer);
    TransactionEnd end = transaction.run(units.subspan(result.committed, together));
    if (end.outcome != ApplyOutcome::done) {
      result.outcome = end.outcome;
      result.error = std::move(end.error);
      result.retryable = end.retryable;
      result.remains = end.remains;
      break;
    }
    result.execution_times.insert(result.execution_times.end(), end.execution_times.begin(), end.execution_times.end());
  }
  return result;
}

StatementResult SqliteSession::execute(const SourceStatement& statement, const Step* step, Observer& observer) {
  Connection& connection = writer();
  const Watched watched(connection, observer);
  connection.start_clock();
  Ran ran = StatementRun(connection, step, nullptr, observer).alone(statement);
  return result_of(std::move(ran), connection.elapsed());
}

StatementResult SqliteSession::execute_together(std::span<const SourceStatement> statements,
                                                std::span<const std::string> record, const Step* step,
                                                Observer& observer) {
  Connection& connection = writer();
  const Watched watched(connection, observer);
  connection.start_clock();
  const auto ended = [&](Ran ran) {
    connection.rollback();
    connection.waiting().set_patient(true);
    return result_of(std::move(ran), connection.elapsed());
  };
  StatementRun run(connection, step, nullptr, observer);
  const SourceStatement first = statements.empty() ? SourceStatement{} : statements.front();
  if (connection.run("BEGIN IMMEDIATE") != SQLITE_OK) return result_of(run.failed(first), connection.elapsed());
  connection.waiting().set_patient(false);
  for (const SourceStatement& statement : statements) {
    Ran ran = run.together(statement);
    if (ran.end != End::done) return ended(std::move(ran));
  }
  connection.stop_clock();
  for (const std::string& sql : record) {
    const SourceStatement statement{sql, {}};
    Statement prepared;
    if (prepared.prepare(connection, sql) != SQLITE_OK || prepared.finish() != SQLITE_OK)
      return ended(run.failed(statement));
  }
  connection.waiting().set_patient(true);
  if (connection.waiting().interrupted()) return ended({.end = End::interrupted});
  if (connection.run("COMMIT") != SQLITE_OK) return ended(run.failed(first));
  return ended({});
}

void SqliteSession::reset_state() {
  Connection& connection = writer();
  connection.rollback();
  restore_pragmas(connection);
  connection.set_foreign_keys(foreign_keys_);
}

std::string SqliteSession::remember(const SourceStatement&) {
  return {};
}

Verdict SqliteSession::verify(const SourceStatement& statement, const std::string&) {
  const sql::Traits traits = sql::classify(Dialect::sqlite, statement.text);
  // Pragmas are settings; the others leave the database's content as it is.
  const bool repeatable = !traits.pragma.empty() || traits.command == "VACUUM" || traits.command == "REINDEX" ||
                          traits.command == "ANALYZE";
  if (repeatable) return {Verdict::State::not_done, fmt::format("{} can be repeated", traits.command), {}};
  return {Verdict::State::unknown, {}, {}};
}

}  // namespace dunlin::sqlite
