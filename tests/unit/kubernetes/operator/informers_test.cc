#include "kubernetes/operator/informers.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/kubernetes/operator/cluster_api.h"
#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using kubernetes::ObjectKey;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

Json migrator(const char* name, const char* app, const char* lock_group = "") {
  Json made = object("migrations.coderanger.net/v1beta1", "Migrator", name);
  made["spec"]["selector"]["matchLabels"]["app"] = app;
  if (*lock_group != 0) made["spec"]["lockGroup"] = lock_group;
  return made;
}

Json job_of(const Json& owner, const char* name) {
  Json made = owned_by(with_template("batch/v1", "Job", name, "myapp:v1"), owner);
  made["metadata"]["annotations"]["migrations.coderanger.net/migrator"] = kubernetes::name_of(owner);
  return made;
}

class Copies : public testing::Test {
 protected:
  void TearDown() override { interrupt_.request(0); }

  void start() { informers_.start(); }
  void sync() {
    start();
    until([&] { return informers_.synced(); }, "all copies are complete");
    forget();
  }

  void forget() {
    const std::scoped_lock lock(mutex_);
    woken_.clear();
  }
  std::set<std::string> woken() {
    const std::scoped_lock lock(mutex_);
    return woken_;
  }

  // All that happened before this has been heard of by the watch of the same kind: it wakes this one.
  void until_woken(const std::string& name) {
    until([&] { return woken().contains(name); }, ("it wakes " + name).c_str());
  }

  std::mutex mutex_;
  std::set<std::string> woken_;
  ClusterApi server_;
  Interrupt interrupt_;
  kubernetes::ApiClient api_{{.server = server_.url()}, {.user_agent = "x", .interrupt = &interrupt_}};
  Informers informers_{api_, "default", interrupt_,
                       [this](const ObjectKey& key) {
                         const std::scoped_lock lock(mutex_);
                         woken_.insert(key.name);
                       },
                       [](const std::string&) {}};
};

TEST_F(Copies, AreCompleteWhenEveryKindIsOrIsNotThere) {
  std::promise<void> may_list;
  const std::shared_future<void> listing = may_list.get_future().share();
  server_.before = [listing](const ScriptedServer::Request& request) -> std::optional<ScriptedServer::Reply> {
    if (request.line().find("/jobs?") != std::string::npos) listing.wait();
    return std::nullopt;
  };
  server_.put(migrator("web", "myapp"));
  EXPECT_FALSE(informers_.synced());
  start();
  until([&] { return informers_.unread() == "jobs: not all objects have been read yet"; }, "only Jobs are missing");
  EXPECT_FALSE(informers_.synced());
  may_list.set_value();
  until([&] { return informers_.synced(); }, "all copies are complete");
  EXPECT_NE(informers_.migrators().find({"default", "web"}), nullptr);
}

TEST_F(Copies, OfMigratorsPodsAndJobsHaveToBeAllowedThoseOfAWorkloadNot) {
  const auto pods_too = std::make_shared<std::atomic<bool>>(false);
  server_.before = [pods_too](const ScriptedServer::Request& request) -> std::optional<ScriptedServer::Reply> {
    const bool is_pods = request.line().find("/pods?") != std::string::npos;
    if ((is_pods && !*pods_too) || request.line().find("/statefulsets?") != std::string::npos)
      return ClusterApi::refusal(403, "Forbidden", "not for you");
    return std::nullopt;
  };
  start();
  until([&] { return informers_.unread() == "pods: not for you"; }, "only pods are missing");
  const auto tells_of = [&](const char* resource) {
    const auto refusals = informers_.refusals();
    return std::ranges::any_of(
        refusals, [&](const auto& each) { return each.first == resource && each.second == "not for you"; });
  };
  until([&] { return tells_of("statefulsets"); }, "it tells of the others");
  EXPECT_FALSE(tells_of("jobs"));
  *pods_too = true;
  until([&] { return informers_.synced(); }, "all copies are complete");
}

TEST_F(Copies, APodWakesThoseThatSelectItAndAMigrationsOwnOnlyItsMigrator) {
  server_.put(migrator("web", "myapp"));
  server_.put(migrator("other", "other"));
  server_.put(migrator("marker", "marker"));
  sync();
  server_.put(pod("a", "myapp:v1"));
  server_.put(labelled(pod("z", "myapp:v1"), "app", "marker"));
  until_woken("marker");
  EXPECT_THAT(woken(), ElementsAre("marker", "web"));

  forget();
  Json own = pod("b", "myapp:v1");
  own["metadata"]["annotations"]["migrations.coderanger.net/migrator"] = "other";
  server_.put(own);
  server_.put(labelled(pod("y", "myapp:v1"), "app", "marker"));
  until_woken("marker");
  EXPECT_THAT(woken(), ElementsAre("marker", "other"));

  // Also when its labels have changed: both who selected it, and who does.
  forget();
  server_.put(labelled(pod("a", "myapp:v1"), "app", "other"));
  until_woken("other");
  until_woken("web");
}

TEST_F(Copies, AJobWakesItsMigratorAndTheOthersOfItsLockGroup) {
  const Json web = migrator("web", "myapp", "db");
  server_.put(web);
  server_.put(migrator("same", "x", "db"));
  server_.put(migrator("another", "x", "db2"));
  server_.put(migrator("marker", "x"));
  sync();
  server_.put(job_of(web, "web-migrations"));
  server_.put(job_of(migrator("marker", "x"), "marker-migrations"));
  until_woken("marker");
  EXPECT_THAT(woken(), ElementsAre("marker", "same", "web"));
}

TEST_F(Copies, AMigratorThatGoesWakesTheOthersOfItsLockGroup) {
  const Json web = migrator("web", "myapp", "db");
  server_.put(web);
  server_.put(migrator("same", "x", "db"));
  server_.put(migrator("another", "x"));
  sync();
  server_.remove(web);
  until_woken("same");
  EXPECT_THAT(woken(), Not(Contains("another")));
  EXPECT_EQ(informers_.migrators().find({"default", "web"}), nullptr);
}

TEST_F(Copies, AHolderIsTheOneOfThatUid) {
  server_.put(with_template("apps/v1", "Deployment", "web", "myapp:v1"));
  sync();
  kubernetes::Reference wanted{
      .api_version = "apps/v1", .kind = "Deployment", .namespace_name = "default", .name = "web"};
  EXPECT_NE(informers_.holder(wanted), nullptr);
  wanted.uid = "Deployment-web";
  EXPECT_NE(informers_.holder(wanted), nullptr);
  wanted.uid = "of-one-before";
  EXPECT_EQ(informers_.holder(wanted), nullptr);
  wanted.kind = "Unheard";
  EXPECT_EQ(informers_.holder(wanted), nullptr);
}

TEST_F(Copies, WorkloadsThatLastAreFoundByTheLabelsOfTheirPods) {
  server_.put(migrator("web", "myapp"));
  server_.put(with_template("apps/v1", "Deployment", "web", "myapp:v1"));
  server_.put(with_template("apps/v1", "ReplicaSet", "web-1", "myapp:v1"));
  Json foreign = with_template("apps/v1", "StatefulSet", "foreign", "other:v1");
  foreign["spec"]["template"]["metadata"]["labels"]["app"] = "other";
  server_.put(foreign);
  Json nightly = object("batch/v1", "CronJob", "nightly");
  nightly["spec"]["jobTemplate"]["spec"]["template"] = pod_template("myapp:v1");
  server_.put(nightly);
  sync();
  std::vector<std::string> names;
  for (const auto& holder : informers_.lasting_workloads(*informers_.migrators().find({"default", "web"})))
    names.push_back(kubernetes::name_of(holder->object()));
  EXPECT_THAT(names, testing::UnorderedElementsAre("web", "nightly"));
}

TEST_F(Copies, CronJobsOfAServerOfOldAreReadWhereTheyAre) {
  server_.before = [](const ScriptedServer::Request& request) -> std::optional<ScriptedServer::Reply> {
    if (!request.line().ends_with("/apis/batch/v1")) return std::nullopt;
    return ScriptedServer::answer(200, R"({"resources":[{"name":"jobs"}]})");
  };
  Json nightly = object("batch/v1beta1", "CronJob", "nightly");
  nightly["spec"]["jobTemplate"]["spec"]["template"] = pod_template("myapp:v1");
  server_.put(nightly);
  server_.put(migrator("web", "myapp"));
  sync();
  EXPECT_EQ(informers_.lasting_workloads(*informers_.migrators().find({"default", "web"})).size(), 1U);
}

}  // namespace
}  // namespace dunlin::manager
