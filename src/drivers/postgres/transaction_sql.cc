#include "drivers/postgres/transaction_sql.h"

#include <random>

#include <fmt/format.h>

#include "sql/quote.h"

namespace dunlin::postgres {

std::string begin_sql(const std::string& characteristics, const std::string& isolation) {
  if (!characteristics.empty()) return "BEGIN " + characteristics;
  return isolation.empty() ? "BEGIN" : "BEGIN ISOLATION LEVEL " + isolation;
}

std::string nonce_sql(const std::string& nonce) {
  return fmt::format("SET LOCAL dunlin.tx = '{}'", nonce);
}

std::vector<std::string> prelude_sql(const Link& link, const std::string& nonce) {
  std::vector<std::string> prelude;
  for (const Setting& setting : link.by_statement) prelude.push_back(set_sql(setting, true));
  prelude.push_back(nonce_sql(nonce));
  return prelude;
}

std::string guard_sql(const std::string& nonce, const std::optional<RunLock>& lock) {
  const std::string locked =
      lock ? fmt::format(" WHEN NOT pg_catalog.pg_try_advisory_xact_lock({}) THEN '{}'", lock->key, kLockLost) : "";
  return fmt::format(
      "SELECT (CASE WHEN pg_catalog.current_setting('dunlin.tx', true) IS DISTINCT FROM '{}' THEN '{}'{} ELSE '1' "
      "END)::pg_catalog.int4",
      nonce, kTransactionEnded, locked);
}

std::string take_lock_sql(const RunLock& lock) {
  return fmt::format(
      "SELECT (CASE WHEN NOT pg_catalog.pg_try_advisory_xact_lock({}) THEN '{}' ELSE '1' END)::pg_catalog.int4",
      lock.key, kLockLost);
}

std::string fence_sql(const Fence& fence) {
  return fmt::format(
      "SELECT (CASE WHEN ({})::pg_catalog.text IS DISTINCT FROM {} THEN '{}' ELSE '1' END)::pg_catalog.int4", fence.sql,
      sql::quote_text(Dialect::postgres, fence.expected), kMoved);
}

std::vector<std::string> reset_sql(const Link& link) {
  std::vector<std::string> resets{"RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"};
  for (const Setting& setting : link.by_statement) {
    // The rest counts for statements that may take long or wait; what follows here is one row.
    if (setting.name == "synchronous_commit" || setting.name == "client_encoding" || setting.name == "lock_timeout") {
      resets.push_back(set_sql(setting, true));
    }
  }
  return resets;
}

std::string make_nonce() {
  static thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    return std::mt19937_64((static_cast<std::uint64_t>(device()) << 32U) ^ device());
  }();
  return fmt::format("{:016x}", generator());
}

}  // namespace dunlin::postgres
