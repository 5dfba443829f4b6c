// A namespace with one Migrator, as the API server and the Job controller would have it, for tests of the decision.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "kubernetes/operator/decide.h"
#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {

inline constexpr const char* kMigrationJob = "testing-migrations";
inline constexpr const char* kContractJob = "testing-contract";

class FakeCluster {
 public:
  explicit FakeCluster(const char* spec = "{}") {
    migrator = object("migrations.coderanger.net/v1beta1", "Migrator", "testing");
    migrator["metadata"]["generation"] = 1;
    migrator["metadata"]["resourceVersion"] = "1";
    migrator["metadata"]["creationTimestamp"] = "2026-01-01T09:00:00Z";
    migrator["spec"] = {{"selector", {{"matchLabels", {{"app", "myapp"}}}}}};
    migrator["spec"].update(Json::parse(spec));
  }

  // ---- what people and other controllers do ----

  Json& add(Json one) {
    const std::string key = kubernetes::text(one["kind"]) + "/" + kubernetes::name_of(one);
    return objects[key] = std::move(one);
  }

  void set_spec(const char* spec) {
    migrator["spec"].update(Json::parse(spec));
    migrator["metadata"]["generation"] = migrator["metadata"]["generation"].get<int>() + 1;
    touch();
  }

  // A Deployment rolled out to `image`: a ReplicaSet of its own, and one new pod, which waits.
  void deploy(const std::string& name, const std::string& image) {
    Json deployment = add(with_template("apps/v1", "Deployment", name, image));
    const std::string set_name = fmt::format("{}-{}", name, image.substr(image.find(':') + 1));
    const Json set = add(owned_by(with_template("apps/v1", "ReplicaSet", set_name, image), deployment));
    Json made = owned_by(pod(fmt::format("{}-{}", set_name, ++made_), image), set);
    made["metadata"]["creationTimestamp"] = kubernetes::format_time(now);
    add(waiting(made, image));
    pass(std::chrono::seconds(1));
  }

  void pass(std::chrono::seconds time) { now += time; }

  Json* job(const std::string& name = kMigrationJob) {
    const auto found = objects.find("Job/" + name);
    return found == objects.end() ? nullptr : &found->second;
  }
  Json* contract_job() { return job(kContractJob); }

  // The rollout is through: pods of other images go.
  void drop_other_pods(const std::string& image) {
    std::erase_if(objects, [&](const auto& entry) {
      return entry.first.starts_with("Pod/") && entry.second["metadata"]["labels"].contains("app") &&
             entry.second["spec"]["containers"][0]["image"] != image;
    });
  }

  // The pods of this image serve, or do not.
  void set_ready(const std::string& image, bool ready) {
    for (auto& [key, one] : objects) {
      if (!key.starts_with("Pod/") || one["spec"]["containers"][0]["image"] != image) continue;
      one["status"]["conditions"] = Json::array({{{"type", "Ready"}, {"status", ready ? "True" : "False"}}});
    }
  }

  void annotate(const char* key, const std::string& value) {
    migrator["metadata"]["annotations"][std::string("migrations.coderanger.net/") + key] = value;
    touch();
  }

  // The Job as the controller before this one made it.
  Json& add_old_job(const char* image, const char* status = "{}") {
    Json made = owned_by(with_template("batch/v1", "Job", "testing-migrations", image), migrator);
    made["spec"]["template"]["spec"]["containers"][0]["name"] = "migrations";
    made["metadata"]["uid"] = fmt::format("job-{}", ++made_);
    made["metadata"]["resourceVersion"] = fmt::format("{}", ++version_);
    made["status"] = Json::parse(status);
    return add(made);
  }

  // The Job's pod runs.
  void start_job(const char* name = kMigrationJob) {
    Json& job = *this->job(name);
    job["status"]["startTime"] = kubernetes::format_time(now);
    job["status"]["active"] = 1;
    touch_job(job);
    Json made = owned_by(pod(fmt::format("{}-{}", name, ++made_), job_image(job)), job);
    made["metadata"]["annotations"] = job["spec"]["template"]["metadata"]["annotations"];
    made["metadata"]["labels"] = {{"migrations", "testing"}};
    made["metadata"]["creationTimestamp"] = kubernetes::format_time(now);
    made["spec"]["nodeName"] = "n1";
    made["spec"]["containers"][0]["name"] = "migrations";
    add(started(made));
  }

  void finish_job(int exit_code, const char* message = "", bool gives_up = true, const char* name = kMigrationJob) {
    Json& status = (*job(name))["status"];
    status.erase("active");
    if (exit_code == 0) {
      status["succeeded"] = 1;
    } else {
      status["failed"] = kubernetes::integer(kubernetes::field(status, "failed")) + 1;
      if (gives_up)
        status["conditions"] =
            Json::array({{{"type", "Failed"}, {"status", "True"}, {"reason", "BackoffLimitExceeded"}}});
    }
    touch_job(*job(name));
    for (auto& [key, one] : objects) {
      if (!key.starts_with(fmt::format("Pod/{}-", name)) || one["status"]["phase"] != "Running") continue;
      one["status"]["phase"] = exit_code == 0 ? "Succeeded" : "Failed";
      one["status"]["containerStatuses"] =
          Json::array({{{"name", "migrations"},
                        {"imageID", image_id},
                        {"state", {{"terminated", {{"exitCode", exit_code}, {"message", message}}}}}}});
    }
  }

  // The Job has taken longer than it may: it has failed, and its pod is asked to end.
  void expire_job(const char* name = kMigrationJob) {
    Json& one = *job(name);
    one["status"].erase("active");
    one["status"]["conditions"] = Json::array({{{"type", "Failed"},
                                                {"status", "True"},
                                                {"reason", "DeadlineExceeded"},
                                                {"message", "Job was active longer than specified deadline"}}});
    touch_job(one);
    for (auto& [key, pod] : objects) {
      if (key.starts_with(fmt::format("Pod/{}-", name)))
        pod["metadata"]["deletionTimestamp"] = kubernetes::format_time(now + std::chrono::seconds(30));
    }
  }

  void run_job(int exit_code, const char* message = "", const char* name = kMigrationJob) {
    start_job(name);
    pass(std::chrono::seconds(5));
    finish_job(exit_code, message, true, name);
  }

  // What has a deletionTimestamp goes, and so do the pods of what is gone; a Job that is deleted in the foreground
  // behind them. False: nothing of the kind was there.
  bool collect_garbage() {
    const std::size_t before = objects.size();
    for (auto& [key, one] : objects) {
      const auto owner = kubernetes::controller_of(one);
      if (!owner || owner->kind != "Job" || kubernetes::is_being_deleted(one)) continue;
      const Json* job = job_of(owner->uid);
      if (job == nullptr || kubernetes::is_being_deleted(*job))
        one["metadata"]["deletionTimestamp"] = kubernetes::format_time(now + std::chrono::seconds(30));
    }
    const auto stays = [&](const Json& one) {
      return !nodes_answer && one["kind"] == "Pod" && one["spec"].contains("nodeName");
    };
    std::erase_if(objects, [&](const auto& entry) {
      return entry.second["kind"] != "Job" && kubernetes::is_being_deleted(entry.second) && !stays(entry.second);
    });
    std::erase_if(objects, [&](const auto& entry) {
      return entry.second["kind"] == "Job" && kubernetes::is_being_deleted(entry.second) &&
             !has_pods(kubernetes::uid_of(entry.second));
    });
    return objects.size() != before;
  }

  // ---- what the controller does ----

  Decision decide() { return decide_on(migrator, all_jobs()); }

  std::vector<const Json*> all_jobs() {
    std::vector<const Json*> jobs;
    for (const char* name : {kMigrationJob, kContractJob}) {
      if (job(name) != nullptr) jobs.push_back(job(name));
    }
    return jobs;
  }

  // With a Migrator and Jobs out of caches, which may lag behind.
  Decision decide_on(const Json& cached_migrator, const std::vector<const Json*>& cached_jobs) {
    const Migrator read = read_migrator(cached_migrator);
    std::vector<PodView> pods;
    std::vector<OwnedJob> jobs;
    std::vector<const PodView*> migration_pods;
    for (const auto& [key, one] : objects) {
      if (key.starts_with("Pod/")) pods.push_back(read_pod(one));
    }
    for (const PodView& pod : pods) {
      if (pod.migration_of == "testing") migration_pods.push_back(&pod);
    }
    for (const Json* cached_job : cached_jobs) {
      jobs.push_back({.object = cached_job, .pods = {}});
      for (const PodView& pod : pods) {
        if (pod.owner && pod.owner->uid == kubernetes::uid_of(*cached_job)) jobs.back().pods.push_back(&pod);
      }
    }
    return manager::decide({.migrator = &read,
                            .workloads = workloads(read, pods),
                            .database = database,
                            .jobs = std::move(jobs),
                            .migration_pods = std::move(migration_pods),
                            .lock_holders = lock_holders,
                            .now = now});
  }

  // False: it was refused, and so is everything behind it.
  bool write_status(const Decision& decision, const std::string& resource_version) {
    if (!decision.writes) return true;
    if (resource_version != kubernetes::resource_version_of(migrator)) return false;
    migrator["status"] = to_json(decision.status);
    touch();
    return true;
  }

  bool act(const Action& action) {
    if (const auto* create = std::get_if<CreateJob>(&action)) {
      const std::string name = kubernetes::name_of(create->job);
      if (job(name) != nullptr) return false;
      Json made = create->job;
      made["metadata"]["uid"] = fmt::format("job-{}", ++made_);
      made["metadata"]["resourceVersion"] = fmt::format("{}", ++version_);
      auto& list = name == kContractJob ? contracts : created;
      list.push_back(kubernetes::annotation(made, "migrations.coderanger.net/identity"));
      add(made);
    } else if (const auto* removal = std::get_if<DeleteJob>(&action)) {
      Json* job = meant(removal->name, removal->uid, removal->resource_version);
      if (job == nullptr) return false;
      deleted.push_back(job_image(*job));
      if (removal->foreground) {
        (*job)["metadata"]["deletionTimestamp"] = kubernetes::format_time(now);
      } else {
        objects.erase("Job/" + removal->name);
        collect_garbage();
      }
    } else if (const auto* stop = std::get_if<StopJob>(&action)) {
      Json* job = meant(stop->name, stop->uid, stop->resource_version);
      if (job == nullptr) return false;
      (*job)["spec"]["parallelism"] = 0;
      touch_job(*job);
    }
    return true;
  }

  // One decision, carried out.
  Decision step() {
    Decision decision = decide();
    if (write_status(decision, kubernetes::resource_version_of(migrator)) && act(decision.action))
      events.insert(events.end(), decision.events.begin(), decision.events.end());
    return decision;
  }

  // Decides until there is nothing to do at this moment.
  void settle() {
    for (int k = 0; k < 20; ++k) {
      const Decision decision = step();
      const bool something_went = collect_garbage();
      const bool at_rest = !decision.writes && std::holds_alternative<std::monostate>(decision.action);
      if (at_rest && !something_went) return;
    }
    throw std::logic_error("it never comes to rest");
  }

  // ---- what is to be seen ----

  MigratorStatus status() const { return read_migrator(migrator).status; }
  Condition condition(const char* type = "MigrationsReady") const {
    const MigratorStatus now_written = status();
    const Condition* found = now_written.conditions.find(type);
    return found == nullptr ? Condition{} : *found;
  }
  bool lets_start(const char* identity) const { return status().lets_start(identity); }

  Json migrator;
  std::map<std::string, Json> objects;
  std::vector<LockHolder> lock_holders;
  // False: what is to go from a node stays.
  bool nodes_answer = true;
  // Of a Migrator with spec.database.
  std::optional<DatabaseOrder> database;
  kubernetes::Time now = *kubernetes::parse_time("2026-01-01T10:00:00Z");
  std::string image_id;
  std::vector<Event> events;
  // Identities of the Jobs made (of contract commands: `contracts`), images of those deleted.
  std::vector<std::string> created;
  std::vector<std::string> contracts;
  std::vector<std::string> deleted;

 private:
  void touch() { migrator["metadata"]["resourceVersion"] = fmt::format("{}", ++version_); }
  void touch_job(Json& job) { job["metadata"]["resourceVersion"] = fmt::format("{}", ++version_); }

  Json* job_of(const std::string& uid) {
    for (const char* name : {kMigrationJob, kContractJob}) {
      if (job(name) != nullptr && kubernetes::uid_of(*job(name)) == uid) return job(name);
    }
    return nullptr;
  }

  bool has_pods(const std::string& uid) const {
    return std::ranges::any_of(objects, [&](const auto& entry) {
      const auto owner = kubernetes::controller_of(entry.second);
      return entry.second["kind"] == "Pod" && owner && owner->uid == uid;
    });
  }

  Json* meant(const std::string& name, const std::string& uid, const std::string& resource_version) {
    Json* found = job(name);
    if (found == nullptr || kubernetes::uid_of(*found) != uid) return nullptr;
    return resource_version.empty() || kubernetes::resource_version_of(*found) == resource_version ? found : nullptr;
  }

  std::vector<WorkloadPods> workloads(const Migrator& read, const std::vector<PodView>& pods) {
    std::map<std::string, WorkloadPods> by_key;
    for (const PodView& pod : pods) {
      if (!read.selects(pod.labels)) continue;
      const auto [entry, is_new] = by_key.try_emplace(walk_key(pod));
      if (is_new) {
        OwnerWalk walk(pod);
        while (const auto next = walk.next()) {
          const auto found = objects.find(next->kind + "/" + next->name);
          walk.give(found == objects.end() ? Json{} : found->second);
        }
        entry->second.workload = walk.workload().value();
      }
      entry->second.pods.push_back(&pod);
    }
    std::vector<WorkloadPods> all;
    for (auto& [key, entry] : by_key) all.push_back(std::move(entry));
    return all;
  }

  int made_ = 0;
  int version_ = 1;
};

}  // namespace dunlin::manager
