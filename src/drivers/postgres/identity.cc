#include "drivers/postgres/identity.h"

#include <fmt/format.h>

#include "sql/quote.h"

namespace dunlin::postgres {

std::string started_expression(const std::string& alias) {
  return fmt::format("pg_catalog.to_char({}.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
                     alias);
}

std::string terminate_sql(const BackendId& backend) {
  std::string sql = fmt::format(
      "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a WHERE a.pid = {}", backend.pid);
  // Another role's start may be hidden from us; then the pid has to do.
  if (!backend.started.empty()) {
    sql += fmt::format(" AND {} = {}", started_expression("a"), sql::quote_text(Dialect::postgres, backend.started));
  }
  return sql;
}

}  // namespace dunlin::postgres
