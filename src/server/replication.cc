#include "server/replication.h"

#include <cstdlib>

namespace dunlin::server {
namespace {

// A standby that has replayed all it got is not behind, however long ago the last change was: as long as it gets any.
constexpr std::string_view kPostgres =
    "SELECT pg_catalog.pg_is_in_recovery(),"
    " (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication),"
    " CASE WHEN NOT pg_catalog.pg_is_in_recovery()"
    " THEN (SELECT pg_catalog.max(extract(epoch FROM replay_lag)) FROM pg_catalog.pg_stat_replication)"
    " WHEN pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn()"
    " AND EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver) THEN 0"
    " ELSE extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) END";

}  // namespace

std::optional<Replication> read_replication(Session& session, Dialect dialect) {
  if (dialect != Dialect::postgres) return std::nullopt;
  const Rows rows = session.query(kPostgres);
  const Row& row = rows.at(0);
  Replication replication{.standby = row.at(0) == "t"};
  replication.standbys = std::strtoull(row.at(1).value_or("0").c_str(), nullptr, 10);
  if (row.at(2)) {
    replication.lag =
        std::chrono::milliseconds(static_cast<std::int64_t>(std::strtod(row.at(2)->c_str(), nullptr) * 1e3));
  }
  return replication;
}

}  // namespace dunlin::server
