#include "server/health.h"

#include <algorithm>

#include <fmt/format.h>

namespace dunlin::server {

const char* to_string(Health health) noexcept {
  switch (health) {
    case Health::ok: return "ok";
    case Health::degraded: return "degraded";
    case Health::down: return "down";
  }
  return "";
}

Health database_health(const DatabaseLook& look) {
  return look.latency ? Health::ok : Health::down;
}

Health schema_health(const DatabaseLook& look) {
  if (!look.snapshot) return Health::down;
  const Status& status = look.snapshot->status;
  const bool behind = status.count(MigrationState::pending) > 0 || status.count(MigrationState::failed) > 0;
  return behind ? Health::degraded : Health::ok;
}

Health replication_health(const Replication& replication) {
  return replication.lag.value_or(std::chrono::milliseconds{0}) > kLongLag ? Health::degraded : Health::ok;
}

Health overall_health(const DatabaseLook& look, const std::vector<CheckAnswer>& checks) {
  if (database_health(look) == Health::down) return Health::down;
  const bool well = schema_health(look) == Health::ok &&
                    (!look.replication || replication_health(*look.replication) == Health::ok) &&
                    std::ranges::none_of(checks, [](const CheckAnswer& check) { return check.problem.has_value(); });
  return well ? Health::ok : Health::degraded;
}

Readiness readiness(const DatabaseLook& look, bool strict) {
  if (!look.snapshot) return {.why = look.problem ? look.problem->message : "the history could not be read"};
  const Status& status = look.snapshot->status;
  const auto missing = std::ranges::count_if(status.rows, [](const StatusRow& row) {
    return row.migration && row.state != MigrationState::applied && row.state != MigrationState::held;
  });
  if (missing > 0) return {.why = fmt::format("{} of this version's migrations not applied yet", missing)};
  if (strict && status.count(MigrationState::failed) > 0) return {.why = "a migration of another version failed"};
  if (strict && look.locked) return {.why = "a migration is running"};
  return {.ready = true, .why = {}};
}

std::string newest_file(const Catalog& catalog) {
  const Migration* newest = nullptr;
  for (const Migration& migration : catalog.migrations) {
    if (migration.kind != MigrationKind::repeatable) newest = &migration;
  }
  return newest == nullptr ? std::string{} : newest->version.text;
}

}  // namespace dunlin::server
