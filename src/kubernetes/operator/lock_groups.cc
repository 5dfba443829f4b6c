#include "kubernetes/operator/lock_groups.h"

#include <algorithm>

#include <fmt/format.h>

#include "kubernetes/operator/job_outcome.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/kinds.h"
#include "kubernetes/operator/lingering.h"

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

std::vector<LockHolder> LockGroups::holders(const Migrator& migrator, kubernetes::Time now) const {
  const auto read = [&](const kubernetes::Resource& resource, std::string_view query = {}) {
    const auto answer = api_.get(kubernetes::path_of(resource, migrator.namespace_name).append(query));
    return field(
        answer.object(fmt::format("reading the {} of the lock group {}", resource.plural, migrator.spec.lock_group)),
        "items");
  };
  std::map<std::string, std::string> group;
  const Json migrators = read(kMigrators);
  for (const Json& other : kubernetes::list(migrators)) {
    const bool same = kubernetes::text(field(other, "spec", "lockGroup")) == migrator.spec.lock_group;
    if (same && kubernetes::uid_of(other) != migrator.uid)
      group.emplace(kubernetes::name_of(other), kubernetes::uid_of(other));
  }
  if (group.empty()) return {};
  const Json jobs = read(kubernetes::kJobs);
  // Behind the Jobs: what has ended by then has ended.
  const Json pods = read(kubernetes::kPods, fmt::format("?labelSelector={}", kMigrationsLabel));
  std::vector<PodView> views;
  for (const Json& pod : kubernetes::list(pods)) views.push_back(read_pod(pod));
  std::vector<LockHolder> holders;
  for (const auto& [name, uid] : group) {
    std::vector<const PodView*> its_pods;
    for (const PodView& pod : views) {
      if (pod.migration_of == name) its_pods.push_back(&pod);
    }
    std::vector<OwnedJob> its_jobs;
    for (const Json& job : kubernetes::list(jobs)) {
      const auto owner = kubernetes::controller_of(job);
      if (!owner || owner->uid != uid) continue;
      OwnedJob& owned = its_jobs.emplace_back(OwnedJob{.object = &job, .pods = {}});
      std::ranges::copy_if(its_pods, std::back_inserter(owned.pods), [&](const PodView* pod) {
        return pod->owner && pod->owner->uid == kubernetes::uid_of(job);
      });
    }
    const bool is_occupied =
        std::ranges::any_of(its_jobs, [](const OwnedJob& job) { return occupies_lock(*job.object, job.pods); });
    std::string left = still_running(lingering(its_jobs, its_pods), now);
    if (left.empty()) left = overdue(its_pods, now);
    if (is_occupied || !left.empty()) holders.push_back({.migrator = name, .detail = std::move(left)});
  }
  return holders;
}

}  // namespace dunlin::manager
