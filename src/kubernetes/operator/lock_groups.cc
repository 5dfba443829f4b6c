#include "kubernetes/operator/lock_groups.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "kubernetes/operator/job_outcome.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/kinds.h"
#include "kubernetes/operator/lingering.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;

// Names, with uids.
std::map<std::string, std::string> others_of_the_group(const Migrator& migrator, const Json& migrators) {
  std::map<std::string, std::string> others;
  for (const Json& other : kubernetes::list(migrators)) {
    const bool same = kubernetes::text(field(other, "spec", "lockGroup")) == migrator.spec.lock_group;
    if (same && kubernetes::uid_of(other) != migrator.uid)
      others.emplace(kubernetes::name_of(other), kubernetes::uid_of(other));
  }
  return others;
}

std::vector<OwnedJob> jobs_of(const std::string& uid, const Json& jobs, const std::vector<const PodView*>& pods) {
  std::vector<OwnedJob> owned;
  for (const Json& job : kubernetes::list(jobs)) {
    const auto owner = kubernetes::controller_of(job);
    if (!owner || owner->uid != uid) continue;
    std::ranges::copy_if(pods, std::back_inserter(owned.emplace_back(OwnedJob{.object = &job, .pods = {}}).pods),
                         [&](const PodView* pod) { return pod->owner && pod->owner->uid == kubernetes::uid_of(job); });
  }
  return owned;
}

// Nothing where the Migrator has no Job that occupies the lock, and no pod that has outlived its Job.
std::optional<LockHolder> as_holder(const std::string& name, const std::string& uid, const Json& jobs,
                                    const std::vector<PodView>& pods, kubernetes::Time now) {
  std::vector<const PodView*> its_pods;
  for (const PodView& pod : pods) {
    if (pod.migration_of == name) its_pods.push_back(&pod);
  }
  const std::vector<OwnedJob> its_jobs = jobs_of(uid, jobs, its_pods);
  std::string left = still_running(lingering(its_jobs, its_pods), now);
  if (left.empty()) left = overdue(its_pods, now);
  const bool is_occupied =
      std::ranges::any_of(its_jobs, [](const OwnedJob& job) { return occupies_lock(*job.object, job.pods); });
  if (!is_occupied && left.empty()) return std::nullopt;
  return LockHolder{.migrator = name, .detail = std::move(left)};
}

}  // namespace

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
  const auto others = others_of_the_group(migrator, read(kMigrators));
  if (others.empty()) return {};
  const Json jobs = read(kubernetes::kJobs);
  // Behind the Jobs: what has ended by then has ended.
  const Json pods = read(kubernetes::kPods, fmt::format("?labelSelector={}", kMigrationsLabel));
  std::vector<PodView> views;
  for (const Json& pod : kubernetes::list(pods)) views.push_back(read_pod(pod));
  std::vector<LockHolder> holders;
  for (const auto& [name, uid] : others) {
    if (auto holder = as_holder(name, uid, jobs, views, now)) holders.push_back(std::move(*holder));
  }
  return holders;
}

}  // namespace dunlin::manager
