#include "drivers/postgres/session.h"

#include <fmt/format.h>

#include "drivers/postgres/apply.h"
#include "drivers/postgres/exchange.h"
#include "drivers/postgres/grants.h"
#include "drivers/postgres/identity.h"
#include "drivers/postgres/missing_rights.h"
#include "drivers/postgres/monitor_sql.h"
#include "drivers/postgres/single_statement.h"
#include "drivers/postgres/transaction_sql.h"
#include "drivers/postgres/verifier.h"
#include "sql/quote.h"

namespace dunlin::postgres {

Rows PostgresSession::query(std::string_view sql) {
  // Inside a transaction of a file's own, a BEGIN and COMMIT of ours would end it.
  if (link_->in_transaction()) return ask(*link_, sql);
  std::vector<Sent> sent{{"BEGIN ISOLATION LEVEL READ COMMITTED", {}}};
  if (link_->server.pooled) {
    for (const Setting& setting : link_->by_statement) sent.push_back({set_sql(setting, true), {}});
  }
  const std::size_t at = sent.size();
  sent.push_back({std::string(sql), {}});
  sent.push_back({"COMMIT", {}});
  Exchange answer = round_trip(*link_, sent);
  if (answer.halt != Halt::none) roll_back(*link_);
  answer.check();
  return std::move(answer.rows[at]);
}

TableLocation PostgresSession::locate(const TableName& table) {
  const std::string wanted_schema =
      table.schema.empty() ? "pg_catalog.current_schema()" : sql::quote_text(Dialect::postgres, table.schema);
  const Rows rows = query(fmt::format(
      "SELECT (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE "
      "c.oid = pg_catalog.to_regclass({})), (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = {})",
      sql::quote_text(Dialect::postgres, sql::quote_name(Dialect::postgres, table)), wanted_schema));
  const Row& row = rows.front();
  if (row[0]) return {{*row[0], table.name}, true};
  if (row[1]) return {{*row[1], table.name}, false};
  if (!table.schema.empty()) {
    throw Failure(ErrorKind::sql,
                  fmt::format("there is no schema \"{}\" for the table \"{}\"", table.schema, table.name),
                  fmt::format("create it: CREATE SCHEMA {}", sql::quote_name(Dialect::postgres, table.schema)));
  }
  throw Failure(
      ErrorKind::sql,
      fmt::format("no schema of the search_path of user \"{}\" exists, so there is nowhere to put the table \"{}\"",
                  link_->server.user, table.name),
      "create the schema, or name the table with its schema: --history-table schema.name");
}

bool PostgresSession::try_lock(const RunLock& lock) {
  if (link_->server.pooled) return true;
  const Rows rows = ask(*link_, fmt::format("SELECT pg_catalog.pg_try_advisory_lock({})", lock.key));
  const bool ours = rows.front().front() == "t";
  if (ours) link_->held = lock;
  return ours;
}

bool PostgresSession::holds(const RunLock& lock) {
  return link_->server.pooled || !ask(*link_, holds_sql(lock)).empty();
}

void PostgresSession::unlock(const RunLock& lock) noexcept {
  try {
    if (link_->server.pooled || !link_->connection.usable()) return;
    link_->held.reset();
    ask(*link_, fmt::format("SELECT pg_catalog.pg_advisory_unlock({})", lock.key));
  } catch (const std::exception&) {
    // The lock goes with the connection; a session that cannot unlock is about to be closed.
    link_->connection.close();
  }
}

std::vector<LockHolder> PostgresSession::lock_holders(const RunLock& lock) {
  std::vector<LockHolder> holders;
  for (const Row& row : ask(*link_, holders_sql(lock))) {
    LockHolder& holder = holders.emplace_back();
    holder.who = read_blocker(row, 0);
    holder.backend = {holder.who.pid, row[8].value_or("")};
  }
  return holders;
}

bool PostgresSession::terminate(const BackendId& backend) {
  const Rows rows = ask(*link_, terminate_sql(backend));
  return !rows.empty() && rows.front().front() == "t";
}

ApplyResult PostgresSession::apply(std::span<const Unit> units, TransactionScope scope,
                                   const std::optional<RunLock>& lock, Observer& observer) {
  ApplyResult result = apply_units(*link_, units, scope, lock, observer);
  // The transactions' RESET ALL took what had to be set by statement.
  if (!link_->by_statement.empty() && link_->connection.usable()) restore_settings(*link_);
  return result;
}

StatementResult PostgresSession::execute(const SourceStatement& statement, const Step* step, Observer& observer) {
  return run_alone(*link_, statement, step, observer);
}

StatementResult PostgresSession::execute_together(std::span<const SourceStatement> statements,
                                                  std::span<const std::string> record, const Step* step,
                                                  Observer& observer) {
  return run_together(*link_, statements, record, step, observer);
}

void PostgresSession::reset_state() {
  if (!roll_back(*link_)) return;
  std::vector<Sent> resets{{"RESET SESSION AUTHORIZATION", {}}, {"RESET ROLE", {}}, {"RESET ALL", {}}};
  round_trip(*link_, resets).check();
  restore_settings(*link_);
}

std::string PostgresSession::remember(const SourceStatement& statement) {
  return remember_before(*link_, statement.text);
}

Verdict PostgresSession::verify(const SourceStatement& statement, const std::string& remembered) {
  return find_verdict(*link_, statement.text, remembered);
}

bool PostgresSession::can_tell(const SourceStatement& statement, const std::string& remembered) {
  return verdict_is_known(*link_, statement.text, remembered);
}

GrantScript PostgresSession::grant_script(std::span<const RoleGrant> grants, const TableName& history,
                                          const TableName& journal) {
  return make_grant_script(*link_, grants, history, journal);
}

std::optional<MissingRights> PostgresSession::missing_rights(const TableName& history) {
  return find_missing_rights(*link_, history);
}

}  // namespace dunlin::postgres
