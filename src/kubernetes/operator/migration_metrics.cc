#include "kubernetes/operator/migration_metrics.h"

namespace dunlin::manager {

using kubernetes::ObjectKey;

namespace {

double condition_is_true(const Migrator& migrator, std::string_view type) {
  const Condition* condition = migrator.status.conditions.find(type);
  return condition != nullptr && condition->status == Truth::yes ? 1 : 0;
}

double last_success(const Migrator& migrator) {
  for (const Migrated& entry : migrator.status.migrated) {
    if (entry.origin == Migrated::Origin::run)
      return static_cast<double>(std::chrono::floor<std::chrono::seconds>(entry.time).time_since_epoch().count());
  }
  return 0;
}

// Pods that a waiter of a Migrator holds back.
std::map<ObjectKey, double> waiting_pods(const Informers::Pods& pods) {
  std::map<ObjectKey, double> waiting;
  for (const auto& [key, pod] : pods.all()) {
    if (!pod->is_live()) continue;
    for (const WaiterView& waiter : pod->waiters) {
      if (!waiter.done) ++waiting[{key.name_space, waiter.migrator}];
    }
  }
  return waiting;
}

}  // namespace

void MigrationMetrics::ran(const Migrator& migrator, const Run& run) {
  const std::scoped_lock lock(mutex_);
  Runs& runs = runs_[{migrator.namespace_name, migrator.name}];
  ++(run.succeeded ? runs.succeeded : runs.failed);
  runs.duration.observe(std::chrono::duration<double>(run.finished - run.started).count());
}

void MigrationMetrics::forget(const ObjectKey& migrator) {
  const std::scoped_lock lock(mutex_);
  runs_.erase(migrator);
}

void MigrationMetrics::write(Exposition& exposition, const Informers::Migrators& all_migrators,
                             const Informers::Pods& pods) const {
  const auto migrators = all_migrators.all();
  const auto waiting = waiting_pods(pods);
  const auto of_each = [&](std::string_view name, std::string_view help, const auto& value) {
    exposition.family(name, "gauge", help);
    for (const auto& [key, migrator] : migrators)
      exposition.sample(value(key, *migrator), {{"namespace", key.name_space}, {"migrator", key.name}});
  };
  of_each("dunlin_operator_migrator_ready", "Whether everything a Migrator's pods ask for has been migrated to.",
          [](const ObjectKey&, const Migrator& migrator) { return condition_is_true(migrator, "Ready"); });
  of_each("dunlin_operator_migrator_stalled", "Whether a Migrator needs somebody.",
          [](const ObjectKey&, const Migrator& migrator) { return condition_is_true(migrator, "Stalled"); });
  of_each("dunlin_operator_waiting_pods", "Pods that wait for a Migrator.", [&](const ObjectKey& key, const Migrator&) {
    const auto found = waiting.find(key);
    return found == waiting.end() ? 0 : found->second;
  });
  of_each("dunlin_operator_last_success_timestamp_seconds", "When a Migrator's last Job succeeded; 0: never.",
          [](const ObjectKey&, const Migrator& migrator) { return last_success(migrator); });

  const std::scoped_lock lock(mutex_);
  exposition.family("dunlin_operator_migrations_total", "counter", "Jobs that have ended, by their outcome.");
  static const Runs none;
  for (const auto& [key, migrator] : migrators) {
    const auto found = runs_.find(key);
    const Runs& runs = found == runs_.end() ? none : found->second;
    for (const auto& [outcome, count] : {std::pair{"succeeded", runs.succeeded}, std::pair{"failed", runs.failed}})
      exposition.sample(static_cast<double>(count),
                        {{"namespace", key.name_space}, {"migrator", key.name}, {"outcome", outcome}});
  }
  exposition.family("dunlin_operator_migration_duration_seconds", "histogram", "How long a Job takes.");
  for (const auto& [key, migrator] : migrators) {
    const auto found = runs_.find(key);
    if (found != runs_.end())
      found->second.duration.write(exposition, {{"namespace", key.name_space}, {"migrator", key.name}});
  }
}

void write_refusals(Exposition& exposition, const Informers& informers) {
  exposition.family("dunlin_operator_unwatched", "gauge",
                    "Whether the API server does not let the operator see a kind of object.");
  for (const auto& [resource, refusal] : informers.refusals())
    exposition.sample(refusal.empty() ? 0 : 1, {{"resource", resource}});
}

}  // namespace dunlin::manager
