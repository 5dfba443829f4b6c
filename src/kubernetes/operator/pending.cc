#include "kubernetes/operator/pending.h"

#include <algorithm>

namespace dunlin::manager {
namespace {

bool is_digest(const std::string& identity) {
  return identity.starts_with("sha256:");
}

bool is_pending(const Migrator& migrator, const Survey& survey, const MigratorStatus& status, const Wanted& wanted) {
  if (!wanted.after.empty() && status.find_migrated(wanted.after) == nullptr) return false;
  const Migrated* entry = status.find_migrated(wanted.identity());
  if (entry == nullptr) return true;
  if (!entry->retired_by.empty()) return false;
  // Its pods were let through behind newer files; it has never run itself.
  if (migrator.spec.database && entry->origin == Migrated::Origin::admitted) return true;
  // The migrations come from an image of their own, and it is another one now.
  if (!migrator.spec.database && !migrator.spec.image.empty() && entry->image != migrator.spec.image) return true;
  return migrator.spec.rollback_policy == RollbackPolicy::run &&
         !rolled_back_from(survey, status, wanted.identity()).empty();
}

}  // namespace

std::vector<const Wanted*> pending(const Migrator& migrator, const Survey& survey, const MigratorStatus& status) {
  std::vector<const Wanted*> left;
  for (const Wanted& wanted : survey.wanted) {
    if (is_pending(migrator, survey, status, wanted)) left.push_back(&wanted);
  }
  return left;
}

std::vector<std::string> blocked(const Migrator& migrator, const Survey& survey, const MigratorStatus& status) {
  std::vector<std::string> identities;
  const bool by_policy = migrator.spec.rollback_policy != RollbackPolicy::skip;
  for (const Wanted& wanted : survey.wanted) {
    const Migrated* entry = status.find_migrated(wanted.identity());
    const bool is_retired = entry != nullptr && !entry->retired_by.empty();
    if (is_retired || (by_policy && !rolled_back_from(survey, status, wanted.identity()).empty()))
      identities.push_back(wanted.identity());
  }
  return identities;
}

std::string rolled_back_from(const Survey& survey, const MigratorStatus& status, const std::string& identity) {
  const auto wanted = std::ranges::find(survey.wanted, identity, &Wanted::identity);
  if (wanted == survey.wanted.end() || status.find_migrated(identity) == nullptr) return {};
  for (const Migrated& entry : status.migrated) {
    if (entry.identity == identity) return {};
    const bool is_newer = entry.origin == Migrated::Origin::run && is_digest(entry.identity) == is_digest(identity) &&
                          std::ranges::find(wanted->workloads, entry.workload) != wanted->workloads.end();
    // What is wanted as well, by another workload of the same name, has not been left.
    if (is_newer && !survey.wants(entry.identity)) return entry.identity;
  }
  return {};
}

}  // namespace dunlin::manager
