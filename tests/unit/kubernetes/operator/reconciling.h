// A reconciler on copies of a ClusterApi that has the Migrator "testing" of a FakeCluster, for tests.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kubernetes/operator/reconciler.h"
#include "unit/kubernetes/operator/cluster_api.h"
#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {

class Reconciling : public testing::Test {
 protected:
  Reconciling() { cluster_.deploy("web", "myapp:v1"); }
  void TearDown() override {
    interrupt_.request(0);
    const std::scoped_lock lock(waking_);
    on_wake_ = nullptr;
  }

  // The server has what the FakeCluster has, and all of it has been read.
  void start() {
    server_.put(cluster_.migrator);
    for (const auto& [key, object] : cluster_.objects) server_.put(object);
    informers_.start();
    until([&] { return informers_.synced(); }, "all copies are complete");
  }

  Json migrator() { return server_.find(kMigrators, "testing"); }
  Json job() { return server_.find(kubernetes::kJobs, kMigrationJob); }

  std::string reason() {
    const Migrator read = read_migrator(migrator());
    const Condition* found = read.status.conditions.find("MigrationsReady");
    return found == nullptr ? "" : found->reason;
  }

  // The copies of the Migrator and its Job are what the server has.
  void catch_up() {
    until(
        [&] {
          const auto copy = informers_.migrators().find(kKey);
          return copy && copy->resource_version == kubernetes::resource_version_of(migrator());
        },
        "the Migrator's copy is up to date");
    until(
        [&] {
          const auto copy = informers_.jobs().find({"default", kMigrationJob});
          const Json there = job();
          return there.is_null() ? copy == nullptr
                                 : copy && kubernetes::resource_version_of(copy->object()) ==
                                               kubernetes::resource_version_of(there);
        },
        "the Job's copy is up to date");
  }

  Reconciled reconcile() { return reconciler_.reconcile(kKey); }

  // Until nothing is written any more.
  void settle() {
    std::size_t before = 0;
    do {
      catch_up();
      before = server_.writes().size();
      reconcile();
    } while (server_.writes().size() != before);
  }

  void finish_job(const Json& status) {
    Json done = job();
    done["status"] = status;
    server_.put(done);
  }

  const kubernetes::ObjectKey kKey{"default", "testing"};
  std::mutex waking_;
  std::function<void(const kubernetes::ObjectKey&)> on_wake_;  // set before start()
  std::mutex mutex_;
  FakeCluster cluster_;
  ClusterApi server_;
  Interrupt interrupt_;
  kubernetes::ApiClient api_{{.server = server_.url()}, {.user_agent = "x", .interrupt = &interrupt_}};
  Informers informers_{api_, "default", interrupt_,
                       [this](const kubernetes::ObjectKey& key) {
                         const std::scoped_lock lock(waking_);
                         if (on_wake_) on_wake_(key);
                       },
                       [](const std::string&) {}};
  std::vector<manager::Run> runs_;
  // Reasons, in order; with "!" where there was no Job yet.
  std::vector<std::string> told_;
  Reconciler reconciler_{api_,
                         informers_,
                         {},
                         [this](const Migrator&, const manager::Run& run) {
                           const std::scoped_lock lock(mutex_);
                           runs_.push_back(run);
                         },
                         [this](const Migrator&, const Event& event) {
                           const bool has_job = !job().is_null();
                           const std::scoped_lock lock(mutex_);
                           told_.push_back(event.reason + (has_job ? "" : "!"));
                         }};
};

inline bool asks(const ScriptedServer::Request& request, std::string_view method, std::string_view part) {
  return request.line().starts_with(method) && request.line().find(part) != std::string::npos;
}

}  // namespace dunlin::manager
