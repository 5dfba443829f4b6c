#include "kubernetes/operator/lock_groups.h"

#include <set>

#include <fmt/format.h>

#include "kubernetes/operator/job_outcome.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/kinds.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::Json;

std::unique_lock<std::mutex> LockGroups::enter(const Migrator& migrator) {
  std::mutex* group = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    auto& made = groups_[{migrator.namespace_name, migrator.spec.lock_group}];
    if (!made) made = std::make_unique<std::mutex>();
    group = made.get();
  }
  return std::unique_lock(*group);
}

std::vector<std::string> LockGroups::holders(const Migrator& migrator) const {
  const auto read = [&](const kubernetes::Resource& resource) {
    const auto answer = api_.get(kubernetes::path_of(resource, migrator.namespace_name));
    return field(
        answer.object(fmt::format("reading the {} of the lock group {}", resource.plural, migrator.spec.lock_group)),
        "items");
  };
  std::set<std::string> group;
  const Json migrators = read(kMigrators);
  for (const Json& other : kubernetes::list(migrators)) {
    const bool same = kubernetes::text(field(other, "spec", "lockGroup")) == migrator.spec.lock_group;
    if (same && kubernetes::uid_of(other) != migrator.uid) group.insert(kubernetes::uid_of(other));
  }
  std::vector<std::string> holders;
  if (group.empty()) return holders;
  const Json jobs = read(kubernetes::kJobs);
  for (const Json& job : kubernetes::list(jobs)) {
    const auto owner = kubernetes::controller_of(job);
    if (owner && group.contains(owner->uid) && occupies_lock(job)) holders.push_back(owner->name);
  }
  return holders;
}

}  // namespace dunlin::manager
