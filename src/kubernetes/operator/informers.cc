#include "kubernetes/operator/informers.h"

#include <algorithm>

#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::manager {

using kubernetes::ObjectKey;
using kubernetes::Resource;

namespace {

constexpr std::chrono::seconds kAskAgain{5};

}  // namespace

Informers::Informers(kubernetes::ApiClient& api, std::string name_space, const Interrupt& interrupt, Wake wake,
                     Tell on_problem)
    : api_(api),
      name_space_(std::move(name_space)),
      interrupt_(interrupt),
      wake_(std::move(wake)),
      on_problem_(std::move(on_problem)),
      migrators_(read_migrator,
                 [this](const ObjectKey& key, const auto& was, const auto& is) { migrator_changed(key, was, is); }),
      pods_(read_pod, [this](const ObjectKey& key, const auto& was, const auto& is) { pod_changed(key, was, is); }),
      jobs_(read_job_view,
            [this](const ObjectKey& key, const auto& was, const auto& is) { job_changed(key, was, is); }) {
  for (const Resource& resource : {kDeployments, kStatefulSets, kDaemonSets, kRollouts, kReplicaSets, kCronJobs})
    workloads_.push_back(make_cache(resource));
}

Informers::~Informers() {
  for (std::thread& thread : threads_) thread.join();
}

Informers::WorkloadCache Informers::make_cache(const Resource& resource) {
  const bool lasts = resource.kind != "ReplicaSet";
  return {.resource = resource,
          .cache = std::make_unique<Holders>(
              [resource](const kubernetes::Json& object) { return read_template_holder(resource, object); },
              [this, lasts](const ObjectKey& key, const auto& was, const auto& is) {
                if (lasts) holder_changed(key, was, is);
              })};
}

void Informers::start() {
  threads_.emplace_back([this] { reflect(kMigrators, migrators_); });
  threads_.emplace_back([this] { reflect(kubernetes::kPods, pods_); });
  threads_.emplace_back([this] { reflect(kubernetes::kJobs, jobs_); });
  for (WorkloadCache& workload : workloads_) {
    if (workload.resource.kind == "CronJob") {
      threads_.emplace_back([this] { reflect_cron_jobs(); });
    } else {
      threads_.emplace_back([this, &workload] { reflect(workload.resource, *workload.cache); });
    }
  }
}

void Informers::reflect(const Resource& resource, kubernetes::ReflectorSink& sink) {
  kubernetes::Reflector(api_, {.resource = resource, .name_space = name_space_}, sink, interrupt_, on_problem_).run();
}

// A server serves v1beta1, v1, or both.
void Informers::reflect_cron_jobs() {
  kubernetes::ReflectorSink& sink = *workloads_.back().cache;
  while (!interrupt_.requested()) {
    try {
      const auto answer = api_.get("/apis/batch/v1");
      for (const kubernetes::Json& served : kubernetes::list(kubernetes::field(answer.document, "resources"))) {
        if (kubernetes::name_of(kubernetes::Json{{"metadata", served}}) == kCronJobs.plural)
          return reflect(kCronJobs, sink);
      }
      if (answer.ok()) return reflect(kOldCronJobs, sink);
    } catch (const Failure& failure) {
      if (on_problem_ && failure.error().kind != ErrorKind::interrupted) on_problem_(failure.what());
    }
    interrupt_.wait_for(kAskAgain);
  }
}

// Without Migrators, pods or Jobs there is nothing to decide upon; a kind of workload may be kept from us.
std::string Informers::unread() const {
  const auto missing = [](const Resource& resource, const auto& cache) {
    if (cache.has_list()) return std::string();
    const std::string refusal = cache.refusal();
    return fmt::format("{}: {}", resource.plural, refusal.empty() ? "not all objects have been read yet" : refusal);
  };
  for (std::string text :
       {missing(kMigrators, migrators_), missing(kubernetes::kPods, pods_), missing(kubernetes::kJobs, jobs_)}) {
    if (!text.empty()) return text;
  }
  for (const WorkloadCache& workload : workloads_) {
    if (!workload.cache->synced()) return missing(workload.resource, *workload.cache);
  }
  return {};
}

std::vector<std::pair<std::string_view, std::string>> Informers::refusals() const {
  std::vector<std::pair<std::string_view, std::string>> all{{kMigrators.plural, migrators_.refusal()},
                                                            {kubernetes::kPods.plural, pods_.refusal()},
                                                            {kubernetes::kJobs.plural, jobs_.refusal()}};
  for (const WorkloadCache& workload : workloads_)
    all.emplace_back(workload.resource.plural, workload.cache->refusal());
  return all;
}

std::shared_ptr<const TemplateHolder> Informers::holder(const kubernetes::Reference& reference) const {
  const ObjectKey key{reference.namespace_name, reference.name};
  std::shared_ptr<const TemplateHolder> found;
  if (reference.kind == "Job") {
    if (const auto job = jobs_.find(key)) found = std::make_shared<TemplateHolder>(job->holder);
  }
  for (const WorkloadCache& workload : workloads_) {
    if (workload.resource.kind == reference.kind) found = workload.cache->find(key);
  }
  const bool is_it = found && found->is_kept() && (reference.uid.empty() || found->uid == reference.uid);
  return is_it ? found : nullptr;
}

std::vector<std::shared_ptr<const TemplateHolder>> Informers::lasting_workloads(const Migrator& migrator) const {
  std::vector<std::shared_ptr<const TemplateHolder>> found;
  for (const WorkloadCache& workload : workloads_) {
    if (workload.resource.kind == "ReplicaSet") continue;
    for (auto& holder : workload.cache->all_in(migrator.namespace_name)) {
      if (!holder->pod_labels.empty() && migrator.selects(holder->pod_labels)) found.push_back(std::move(holder));
    }
  }
  return found;
}

void Informers::migrator_changed(const ObjectKey& key, const Migrators::Item& was, const Migrators::Item& is) {
  wake_(key);
  if (was && !is) wake_lock_group(*was);
}

void Informers::pod_changed(const ObjectKey& key, const Pods::Item& was, const Pods::Item& is) {
  for (const auto* pod : {&was, &is}) {
    if (!*pod) continue;
    if (!(*pod)->migration_of.empty()) {
      const ObjectKey migrator{key.name_space, (*pod)->migration_of};
      wake_(migrator);
      if (pod == &was && was->may_run() && !(is && is->may_run())) wake_lock_group_of(migrator);
    } else {
      wake_selecting(key.name_space, (*pod)->labels);
    }
  }
}

void Informers::job_changed(const ObjectKey& key, const Jobs::Item& was, const Jobs::Item& is) {
  for (const auto* job : {&was, &is}) {
    if (!*job || (*job)->migrator.empty()) continue;
    const ObjectKey owner{key.name_space, (*job)->migrator};
    wake_(owner);
    wake_lock_group_of(owner);
  }
}

// Of a status that only counts replicas nothing is kept: it is the same as before.
void Informers::holder_changed(const ObjectKey& key, const Holders::Item& was, const Holders::Item& is) {
  if (was && is && *was == *is) return;
  for (const auto* holder : {&was, &is}) {
    if (!*holder) continue;
    if ((*holder)->pod_labels.empty()) {
      wake_all(key.name_space);
    } else {
      wake_selecting(key.name_space, (*holder)->pod_labels);
    }
  }
}

void Informers::wake_selecting(const std::string& name_space, const kubernetes::StringMap& labels) const {
  for (const auto& migrator : migrators_.all_in(name_space)) {
    if (migrator->selects(labels)) wake_({name_space, migrator->name});
  }
}

void Informers::wake_lock_group_of(const ObjectKey& key) const {
  if (const auto migrator = migrators_.find(key)) wake_lock_group(*migrator);
}

void Informers::wake_lock_group(const Migrator& of) const {
  if (of.spec.lock_group.empty()) return;
  for (const auto& migrator : migrators_.all_in(of.namespace_name)) {
    if (migrator->spec.lock_group == of.spec.lock_group && migrator->name != of.name)
      wake_({of.namespace_name, migrator->name});
  }
}

void Informers::wake_all(const std::string& name_space) const {
  for (const auto& migrator : migrators_.all_in(name_space)) wake_({name_space, migrator->name});
}

}  // namespace dunlin::manager
