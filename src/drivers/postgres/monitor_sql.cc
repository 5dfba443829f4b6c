#include "drivers/postgres/monitor_sql.h"

#include <cctype>
#include <cstdlib>

#include <fmt/format.h>

#include "drivers/postgres/identity.h"

namespace dunlin::postgres {
namespace {

// The one-argument form of the advisory functions splits its key over two columns, and marks it with objsubid 1.
std::string advisory_condition(const RunLock& lock, bool granted) {
  const auto key = static_cast<std::uint64_t>(lock.key);
  return fmt::format(
      "l.locktype = 'advisory' AND l.classid = {} AND l.objid = {} AND l.objsubid = 1 AND {}l.granted AND l.database = "
      "(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())",
      key >> 32U, key & 0xFFFFFFFFU, granted ? "" : "NOT ");
}

std::optional<std::chrono::seconds> seconds(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  return std::chrono::seconds(std::strtoll(text->c_str(), nullptr, 10));
}

}  // namespace

std::string blocker_columns() {
  return "a.pid, a.usename, a.application_name, "
         "CASE WHEN a.client_addr IS NULL THEN '' ELSE pg_catalog.host(a.client_addr) END, a.state, a.query, "
         "pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start))::pg_catalog.int8, "
         "pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change))::pg_catalog.int8";
}

Blocker read_blocker(const Row& row, std::size_t first) {
  Blocker blocker;
  blocker.pid = std::strtoll(row[first].value_or("0").c_str(), nullptr, 10);
  blocker.user = row[first + 1].value_or("");
  blocker.application = row[first + 2].value_or("");
  blocker.host = row[first + 3].value_or("");
  blocker.state = row[first + 4].value_or("");
  blocker.query = row[first + 5].value_or("");
  blocker.transaction_age = seconds(row[first + 6]);
  blocker.state_age = seconds(row[first + 7]);
  return blocker;
}

Blocker read_blocker(const PGresult* result, int row, int first_column) {
  Row values;
  for (int column = first_column; column < first_column + 8; ++column) {
    if (PQgetisnull(result, row, column) != 0) {
      values.emplace_back();
    } else {
      values.emplace_back(PQgetvalue(result, row, column));
    }
  }
  return read_blocker(values, 0);
}

std::string blocked_sql(std::int64_t pid) {
  // pg_blocking_pids names a prepared transaction as pid 0 and may name a process twice.
  return fmt::format(
      "WITH w AS (SELECT l.locktype, l.mode, l.relation FROM pg_catalog.pg_locks l WHERE l.pid = {0} AND NOT l.granted "
      "LIMIT 1) SELECT 'blocked', w.mode, COALESCE((SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c "
      "JOIN "
      "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = w.relation), CASE w.locktype WHEN "
      "'virtualxid' THEN "
      "'an older transaction' WHEN 'transactionid' THEN 'a row' ELSE w.locktype END), {1} FROM w CROSS JOIN (SELECT "
      "DISTINCT "
      "b.pid FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids({0})) AS b(pid)) AS p LEFT JOIN "
      "pg_catalog.pg_stat_activity a ON a.pid = p.pid",
      pid, blocker_columns());
}

std::string progress_sql(std::int64_t pid, int server_version) {
  std::string sql = fmt::format(
      "SELECT 'progress', p.command, p.phase, CASE WHEN p.tuples_total > 0 THEN p.tuples_done WHEN p.blocks_total > 0 "
      "THEN "
      "p.blocks_done ELSE p.lockers_done END, CASE WHEN p.tuples_total > 0 THEN p.tuples_total WHEN p.blocks_total > 0 "
      "THEN "
      "p.blocks_total ELSE p.lockers_total END FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = {0} "
      "UNION ALL SELECT 'progress', 'VACUUM', p.phase, p.heap_blks_scanned, p.heap_blks_total FROM "
      "pg_catalog.pg_stat_progress_vacuum p WHERE p.pid = {0} "
      "UNION ALL SELECT 'progress', p.command, p.phase, p.heap_blks_scanned, p.heap_blks_total FROM "
      "pg_catalog.pg_stat_progress_cluster p WHERE p.pid = {0}",
      pid);
  if (server_version >= 130000) {
    sql += fmt::format(
        " UNION ALL SELECT 'progress', 'ANALYZE', p.phase, p.sample_blks_scanned, p.sample_blks_total FROM "
        "pg_catalog.pg_stat_progress_analyze p WHERE p.pid = {}",
        pid);
  }
  if (server_version >= 140000) {
    sql += fmt::format(
        " UNION ALL SELECT 'progress', p.command, 'copying', p.bytes_processed, p.bytes_total FROM "
        "pg_catalog.pg_stat_progress_copy p WHERE p.pid = {}",
        pid);
  }
  return sql + " LIMIT 1";
}

std::string waiters_sql(const RunLock& lock) {
  return fmt::format(
      "SELECT 'waiter', {} FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE {}",
      blocker_columns(), advisory_condition(lock, false));
}

std::string holders_sql(const RunLock& lock) {
  return fmt::format(
      "SELECT {}, {} FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE {} ORDER BY "
      "1",
      blocker_columns(), started_expression("a"), advisory_condition(lock, true));
}

std::string holds_sql(const RunLock& lock) {
  return fmt::format("SELECT 1 FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND {} LIMIT 1",
                     advisory_condition(lock, true));
}

std::string lock_mode_words(std::string_view mode) {
  if (mode.ends_with("Lock")) mode.remove_suffix(4);
  std::string words;
  for (const char c : mode) {
    if (!words.empty() && std::isupper(static_cast<unsigned char>(c)) != 0) words += ' ';
    words += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return words;
}

}  // namespace dunlin::postgres
