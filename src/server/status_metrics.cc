#include "server/status_metrics.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/run_metrics.h"

namespace dunlin::server {
namespace {

constexpr std::array kBuckets{0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0};
constexpr std::array kStates{MigrationState::applied, MigrationState::pending, MigrationState::missing,
                             MigrationState::ahead,   MigrationState::failed,  MigrationState::held};

double seconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

void write_durations(Exposition& exposition, std::string_view database, const Status& status) {
  exposition.family("dunlin_migration_duration_seconds", "histogram", "How long the applied migrations took.");
  std::array<double, kBuckets.size()> within{};
  double count = 0;
  double sum = 0;
  for (const StatusRow& row : status.rows) {
    if (!row.applied || !row.applied->execution_time) continue;
    const double seconds = seconds_of(*row.applied->execution_time);
    ++count;
    sum += seconds;
    for (std::size_t i = 0; i < kBuckets.size(); ++i) within[i] += seconds <= kBuckets[i] ? 1 : 0;
  }
  for (std::size_t i = 0; i < kBuckets.size(); ++i) {
    exposition.sample("_bucket", within[i], {{"database", database}, {"le", fmt::format("{}", kBuckets[i])}});
  }
  exposition.sample("_bucket", count, {{"database", database}, {"le", "+Inf"}});
  exposition.sample("_sum", sum, {{"database", database}});
  exposition.sample("_count", count, {{"database", database}});
}

void write_last_applied(Exposition& exposition, std::string_view database, const Status& status) {
  std::optional<WallTime> last;
  for (const StatusRow& row : status.rows) {
    if (row.applied && row.applied->applied_at) last = std::max(last.value_or(WallTime{}), *row.applied->applied_at);
  }
  if (!last) return;
  exposition.family("dunlin_last_migration_timestamp_seconds", "gauge", "When the last migration was applied.");
  exposition.sample(seconds_of(last->time_since_epoch()), {{"database", database}});
}

void write_schema(Exposition& exposition, std::string_view database, const DatabaseLook& look) {
  const Status& status = look.snapshot->status;
  write_pending(exposition, {{database, static_cast<double>(status.count(MigrationState::pending))}});
  exposition.family("dunlin_migrations", "gauge", "Migrations by state.");
  for (const MigrationState state : kStates) {
    exposition.sample(static_cast<double>(status.count(state)), {{"database", database}, {"state", to_string(state)}});
  }
  exposition.family("dunlin_changed_migrations", "gauge", "Applied migrations whose file has changed since.");
  exposition.sample(static_cast<double>(status.changed()), {{"database", database}});
  exposition.family("dunlin_run_in_progress", "gauge", "Whether a runner holds the migration lock.");
  exposition.sample(look.locked ? 1 : 0, {{"database", database}});
  write_last_applied(exposition, database, status);
  write_durations(exposition, database, status);
}

void write_replication(Exposition& exposition, std::string_view database, const Replication& replication) {
  exposition.family("dunlin_replication_standbys", "gauge", "Standbys that follow this server.");
  exposition.sample(static_cast<double>(replication.standbys), {{"database", database}});
  if (!replication.lag) return;
  exposition.family("dunlin_replication_lag_seconds", "gauge", "How far this standby, or the slowest one, is behind.");
  exposition.sample(seconds_of(*replication.lag), {{"database", database}});
}

}  // namespace

void write_status_metrics(Exposition& exposition, std::string_view database, const DatabaseLook& look) {
  exposition.family("dunlin_database_up", "gauge", "Whether the database answers.");
  exposition.sample(look.latency ? 1 : 0, {{"database", database}});
  if (look.latency) {
    exposition.family("dunlin_database_round_trip_seconds", "gauge", "How long the database took to answer.");
    exposition.sample(seconds_of(*look.latency), {{"database", database}});
  }
  if (look.snapshot) write_schema(exposition, database, look);
  if (look.replication) write_replication(exposition, database, *look.replication);
}

void write_check_metrics(Exposition& exposition, const std::vector<NamedCheck>& checks,
                         const std::vector<CheckAnswer>& answers) {
  if (checks.empty()) return;
  exposition.family("dunlin_check_up", "gauge", "Whether another service answers, by its name in [checks].");
  for (std::size_t i = 0; i < checks.size() && i < answers.size(); ++i) {
    exposition.sample(answers[i].problem ? 0 : 1, {{"check", checks[i].name}});
  }
}

}  // namespace dunlin::server
