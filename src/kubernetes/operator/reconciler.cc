#include "kubernetes/operator/reconciler.h"

#include <algorithm>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "kubernetes/operator/job_name.h"
#include "kubernetes/operator/kinds.h"
#include "kubernetes/operator/workload_finder.h"

namespace dunlin::manager {

using kubernetes::Json;
using kubernetes::kJobs;

namespace {

// A copy that is behind is brought up by the next line of its watch, which wakes us.
constexpr std::chrono::seconds kCopyIsBehind{1};
// ConfigMaps are read, and not watched: a right to watch them would be one to read all there are.
constexpr std::chrono::milliseconds kConfigMapsAnew{30'000};
constexpr std::chrono::milliseconds kConfigMapsThatAreNotThere{5'000};
constexpr std::chrono::seconds kConfigMapsWithin{10};

Json preconditions(const std::string& uid, const std::string& resource_version) {
  Json conditions{{"uid", uid}};
  if (!resource_version.empty()) conditions["resourceVersion"] = resource_version;
  return conditions;
}

std::optional<kubernetes::Resource> resource_of(const kubernetes::Reference& reference) {
  for (const auto& resource : {kubernetes::kPods, kJobs, kReplicaSets, kDeployments, kStatefulSets, kDaemonSets,
                               kRollouts, kCronJobs, kOldCronJobs}) {
    if (resource.kind == reference.kind && kubernetes::api_version_of(resource) == reference.api_version)
      return resource;
  }
  return std::nullopt;
}

}  // namespace

// What a Situation refers to.
struct Reconciler::Gathered {
  std::vector<std::shared_ptr<const PodView>> pods;
  std::vector<Json> jobs;
  Situation situation;
};

Reconciler::Reconciler(kubernetes::ApiClient& api, const Informers& informers, DatabaseImages images, OnRun on_run,
                       OnEvent on_event, Clock& clock)
    : api_(api),
      informers_(informers),
      images_(std::move(images)),
      on_run_(std::move(on_run)),
      on_event_(std::move(on_event)),
      clock_(clock),
      lock_groups_(api),
      status_record_(api, clock) {}

Reconciled Reconciler::reconcile(const kubernetes::ObjectKey& key) {
  const auto migrator = informers_.migrators().find(key);
  if (!migrator) return {};
  if (is_behind(*migrator)) return {.again_in = kCopyIsBehind};

  Gathered gathered = gather(*migrator);
  Reconciled reconciled = bring_on(*migrator, gathered);
  if (gathered.situation.database && has_config_maps(*migrator)) {
    const auto latest = gathered.situation.database->problem.empty() ? kConfigMapsAnew : kConfigMapsThatAreNotThere;
    reconciled.again_in = std::min(reconciled.again_in.value_or(latest), latest);
  }
  return reconciled;
}

Reconciled Reconciler::bring_on(const Migrator& migrator, Gathered& gathered) {
  const Decision decision = decide(gathered.situation);
  if (migrator.spec.lock_group.empty() || std::holds_alternative<std::monostate>(decision.action))
    return carry_out(migrator, decision);

  // Something is to happen to a Job: who else has the lock counts now.
  const auto turn = lock_groups_.enter(migrator);
  gathered.situation.lock_holders = lock_groups_.holders(migrator, now());
  gathered.situation.now = now();
  return carry_out(migrator, decide(gathered.situation));
}

Reconciler::Gathered Reconciler::gather(const Migrator& migrator) const {
  Gathered gathered;
  gathered.situation.migrator = &migrator;
  gathered.situation.now = now();
  gathered.pods = informers_.pods().all_in(migrator.namespace_name);
  std::vector<const PodView*> pods;
  for (const auto& pod : gathered.pods) pods.push_back(pod.get());
  std::ranges::copy_if(pods, std::back_inserter(gathered.situation.migration_pods),
                       [&](const PodView* pod) { return pod->migration_of == migrator.name; });
  std::vector<Json> lasting;
  for (const auto& holder : informers_.lasting_workloads(migrator)) lasting.push_back(holder->object());
  gathered.situation.workloads =
      find_workloads(migrator, pods, lasting, [this](const kubernetes::Reference& wanted) { return fetch(wanted); });

  // Behind the pods: see there.
  const bool is_asked_for = migrator.problems.empty() && !migrator.skipped && !migrator.being_deleted;
  if (migrator.spec.database && is_asked_for)
    gathered.situation.database = order_database(migrator, images_, api_, net::Patience::of(kConfigMapsWithin));

  for (const auto& job : informers_.jobs().all_in(migrator.namespace_name)) {
    const bool is_ours = job->migrator_uid == migrator.uid && job->migrator == migrator.name;
    if (is_ours) gathered.jobs.push_back(job->object());
  }
  if (needs_live_contract_job(migrator)) read_contract_job(migrator, gathered.jobs);
  for (const Json& job : gathered.jobs) {
    OwnedJob& owned = gathered.situation.jobs.emplace_back(OwnedJob{.object = &job, .pods = {}});
    std::ranges::copy_if(pods, std::back_inserter(owned.pods),
                         [&](const PodView* pod) { return pod->owner && pod->owner->uid == kubernetes::uid_of(job); });
  }
  return gathered;
}

// In the place of our copy's.
void Reconciler::read_contract_job(const Migrator& migrator, std::vector<Json>& jobs) const {
  const std::string name = contract_job_name(migrator.name);
  std::erase_if(jobs, [&](const Json& job) { return kubernetes::name_of(job) == name; });
  const auto answer = api_.get(kubernetes::path_of(kJobs, migrator.namespace_name, name));
  if (answer.not_found()) return;
  Json job = answer.object(fmt::format("reading the job {}/{}", migrator.namespace_name, name));
  const auto owner = kubernetes::controller_of(job);
  if (owner && owner->uid == migrator.uid) jobs.push_back(std::move(job));
}

// Out of our copies; from the API server what they do not have (yet).
Json Reconciler::fetch(const kubernetes::Reference& reference) const {
  if (const auto holder = informers_.holder(reference)) return holder->object();
  const auto resource = resource_of(reference);
  if (!resource) return {};
  const auto answer = api_.get(kubernetes::path_of(*resource, reference.namespace_name, reference.name));
  if (answer.not_found() || answer.code == 403) return {};
  return answer.object(fmt::format("reading {} {}/{}", reference.kind, reference.namespace_name, reference.name));
}

Reconciled Reconciler::carry_out(const Migrator& migrator, const Decision& decision) {
  Reconciled reconciled{.again_in = decision.again_in};
  std::string resource_version = migrator.resource_version;
  // The definition may be the new one by now: then the status goes back to where it belongs.
  const bool may_go_back =
      migrator.status_kept && !status_record_.degraded() && !migrator.skipped && !migrator.being_deleted;
  if (decision.writes || may_go_back) {
    const auto written = status_record_.write(migrator, resource_version, decision.status);
    if (!written) return {.result = Reconciled::Result::stale};
    resource_version = *written;
    remember(migrator, resource_version);
    for (const Run& run : decision.status.history) {
      const bool is_new =
          std::ranges::find(migrator.status.history, run.job_uid, &Run::job_uid) == migrator.status.history.end();
      if (is_new) on_run_(migrator, run);
    }
  }
  if (const auto* created = std::get_if<CreateJob>(&decision.action))
    return create(migrator, decision, *created, resource_version);
  bool as_seen = true;
  if (const auto* deleted = std::get_if<DeleteJob>(&decision.action)) as_seen = remove(migrator, *deleted);
  if (const auto* stopped = std::get_if<StopJob>(&decision.action)) as_seen = stop(migrator, *stopped);
  if (!as_seen) return {.result = Reconciled::Result::stale};
  tell(migrator, decision.events);
  return reconciled;
}

Reconciled Reconciler::create(const Migrator& migrator, const Decision& decision, const CreateJob& action,
                              const std::string& resource_version) {
  const std::string& name = kubernetes::name_of(action.job);
  auto answer =
      api_.create(kubernetes::path_of(kJobs, migrator.namespace_name) + "?fieldManager=dunlin-operator", action.job);
  if (answer.ok()) {
    tell(migrator, decision.events);
    return {.again_in = decision.again_in};
  }
  if (answer.already_exists()) {
    // Ours, which our copy does not have yet, or one that is about to go.
    const auto there = api_.get(kubernetes::path_of(kJobs, migrator.namespace_name, name));
    const auto owner = kubernetes::controller_of(there.document);
    const bool comes_free = there.not_found() || kubernetes::is_being_deleted(there.document);
    if (comes_free || (owner && owner->uid == migrator.uid)) return {.result = Reconciled::Result::stale};
  }
  const std::string& words = kubernetes::text(kubernetes::field(answer.document, "message"));
  const Decision refused = create_refused(
      decision, migrator, words.empty() ? fmt::format("the API server answers {}", answer.code) : words, now());
  if (const auto written = status_record_.write(migrator, resource_version, refused.status)) {
    remember(migrator, *written);
    tell(migrator, refused.events);
  }
  return {.result = Reconciled::Result::refused};
}

bool Reconciler::remove(const Migrator& migrator, const DeleteJob& action) {
  const auto answer = api_.remove(kubernetes::path_of(kJobs, migrator.namespace_name, action.name),
                                  Json{{"apiVersion", "v1"},
                                       {"kind", "DeleteOptions"},
                                       {"preconditions", preconditions(action.uid, action.resource_version)},
                                       {"propagationPolicy", action.foreground ? "Foreground" : "Background"}});
  if (answer.not_found() || answer.code == 409) return false;
  answer.object(fmt::format("deleting the job {}/{}", migrator.namespace_name, action.name));
  return true;
}

bool Reconciler::stop(const Migrator& migrator, const StopJob& action) {
  const Json change{{"metadata", preconditions(action.uid, action.resource_version)}, {"spec", {{"parallelism", 0}}}};
  const auto answer =
      api_.patch(kubernetes::path_of(kJobs, migrator.namespace_name, action.name), kubernetes::kMergePatch, change);
  if (answer.not_found() || answer.code == 409) return false;
  answer.object(fmt::format("stopping the job {}/{}", migrator.namespace_name, action.name));
  return true;
}

void Reconciler::tell(const Migrator& migrator, const std::vector<Event>& events) const {
  for (const Event& event : events) on_event_(migrator, event);
}

kubernetes::Time Reconciler::now() const {
  return std::chrono::floor<std::chrono::microseconds>(clock_.wall_now());
}

bool Reconciler::is_behind(const Migrator& migrator) const {
  const std::scoped_lock lock(mutex_);
  const auto found = replaced_.find(migrator.uid);
  return found != replaced_.end() && found->second == migrator.resource_version;
}

void Reconciler::remember(const Migrator& migrator, const std::string& written_version) {
  const std::scoped_lock lock(mutex_);
  // Uids of Migrators that are gone are a few bytes each; ten thousand of them are no cluster's.
  if (replaced_.size() > 10'000) replaced_.clear();
  if (written_version == migrator.resource_version) {
    replaced_.erase(migrator.uid);
  } else {
    replaced_[migrator.uid] = migrator.resource_version;
  }
}

}  // namespace dunlin::manager
