// spec.database: the same decisions, on files instead of images.
#include <gmock/gmock.h>

#include "kubernetes/operator/database_template.h"
#include "kubernetes/operator/decide.h"
#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char* const kReport =
    R"({"dunlin": "0.1.0", "outcome": "succeeded", "exit_code": 0, "current": "2", "applied": ["2", "1"],
        "applied_total": 2, "pending": [], "pending_total": 0})";

class OnFiles : public testing::Test {
 protected:
  OnFiles() { hold("files-1"); }

  // The ConfigMaps hold these files now.
  void hold(const std::string& identity, const std::string& problem = {}) {
    DatabaseOrder order{.identity = identity, .workload = {}, .problem = problem};
    order.workload.name = kDatabaseWorkload;
    order.workload.pod_template = database_template(read_migrator(cluster.migrator),
                                                    {.admin = "dunlin:1", .helper = "op:1", .user = {}}, identity);
    cluster.database = order;
  }

  Json add_waiting_pod(const std::string& name, const std::string& identity) {
    return cluster.add(waiting(pod(name, "myapp:v1"), identity));
  }

  FakeCluster cluster{
      R"({"database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}, "configMaps": ["files"]}})"};
};

TEST_F(OnFiles, AreMigratedToWithoutAnyPod) {
  cluster.step();
  EXPECT_THAT(cluster.created, ElementsAre("files-1"));
  cluster.run_job(0, kReport);
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::yes);
  EXPECT_EQ(cluster.condition().message, "Migration files-1 already run");
  EXPECT_THAT(cluster.created, ElementsAre("files-1"));
  const MigratorStatus status = read_status(cluster.migrator["status"]);
  EXPECT_EQ(status.last_successful_migration, "files-1");
  ASSERT_TRUE(status.database);
  EXPECT_EQ(status.database->current, "2");
  EXPECT_THAT(status.database->applied, ElementsAre("2", "1"));
}

TEST_F(OnFiles, OtherFilesAreMigratedTo) {
  cluster.step();
  cluster.run_job(0, kReport);
  cluster.settle();
  hold("files-2");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("files-1", "files-2"));
  EXPECT_EQ(cluster.condition().message, "Migration job default/testing-migrations using image files-2 still running");
}

TEST_F(OnFiles, ASuccessIsRecordedWithWhatItsPodSays) {
  cluster.step();
  cluster.start_job();
  // The Job's controller has seen its pod succeed, and our copy of the pod is behind.
  (*cluster.job())["status"]["succeeded"] = 1;
  (*cluster.job())["status"]["completionTime"] = kubernetes::format_time(cluster.now);
  EXPECT_FALSE(cluster.decide().writes);
  cluster.finish_job(0, kReport);
  cluster.settle();
  EXPECT_TRUE(read_status(cluster.migrator["status"]).database);
}

TEST_F(OnFiles, APodThatIsGoneIsNotWaitedForForEver) {
  cluster.step();
  (*cluster.job())["status"]["succeeded"] = 1;
  (*cluster.job())["status"]["completionTime"] = kubernetes::format_time(cluster.now);
  EXPECT_FALSE(cluster.decide().writes);
  cluster.pass(std::chrono::minutes(1));
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::yes);
}

TEST_F(OnFiles, AFailureSaysWhatTheReportSays) {
  cluster.step();
  cluster.run_job(1, R"({"dunlin": "0.1.0", "outcome": "failed", "exit_code": 1, "current": "1", "applied": ["1"],
             "applied_total": 1, "pending": ["2"], "pending_total": 1, "error": "2_b.sql:3: no such table"})");
  cluster.settle();
  EXPECT_THAT(cluster.condition().message, HasSubstr("failed: exit code 1: 2_b.sql:3: no such table"));
  EXPECT_THAT(read_status(cluster.migrator["status"]).database->pending, ElementsAre("2"));
}

TEST_F(OnFiles, ThatAreNotThereAreAnError) {
  hold("", "spec.database.configMaps: there is no ConfigMap default/files");
  cluster.settle();
  EXPECT_EQ(cluster.condition().reason, "Error");
  EXPECT_EQ(cluster.condition().message, "spec.database.configMaps: there is no ConfigMap default/files");
  EXPECT_THAT(cluster.created, IsEmpty());
}

// A Deployment does not make its pods anew because a ConfigMap has changed.
TEST_F(OnFiles, APodThatWaitsForOlderFilesMayStartBehindNewerOnes) {
  add_waiting_pod("web", "files-0");
  cluster.step();
  EXPECT_FALSE(read_status(cluster.migrator["status"]).lets_start("files-0"));
  cluster.run_job(0, kReport);
  cluster.settle();
  EXPECT_TRUE(read_status(cluster.migrator["status"]).lets_start("files-0"));
  EXPECT_TRUE(read_status(cluster.migrator["status"]).lets_start("files-1"));
}

// It would start on a schema that lacks what it was made for.
TEST_F(OnFiles, APodWhoseFilesWereTakenBackWaits) {
  cluster.step();
  cluster.run_job(0, kReport);
  cluster.settle();
  cluster.pass(std::chrono::minutes(1));
  Json late = waiting(pod("late", "myapp:v1"), "files-2");
  late["metadata"]["creationTimestamp"] = kubernetes::format_time(cluster.now);
  cluster.add(late);
  cluster.pass(std::chrono::minutes(1));
  cluster.settle();
  EXPECT_FALSE(read_status(cluster.migrator["status"]).lets_start("files-2"));
  hold("files-2");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("files-1", "files-2")) << "it has never been run before";
}

TEST_F(OnFiles, WhatWasOnlyLetThroughIsStillToBeRun) {
  add_waiting_pod("web", "files-0");
  cluster.step();
  cluster.run_job(0, kReport);
  cluster.settle();
  ASSERT_TRUE(read_status(cluster.migrator["status"]).lets_start("files-0"));
  hold("files-0");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("files-1", "files-0"));
}

TEST_F(OnFiles, WhatAnOlderRunSaysDoesNotCount) {
  cluster.step();
  cluster.run_job(0, kReport);
  cluster.settle();
  MigratorStatus status = read_status(cluster.migrator["status"]);
  status.database->current = "9";
  status.database->time = cluster.now + std::chrono::minutes(1);
  cluster.migrator["status"] = to_json(status);
  hold("files-2");
  cluster.step();
  cluster.run_job(0, kReport);
  cluster.settle();
  EXPECT_EQ(read_status(cluster.migrator["status"]).database->current, "9");
}

TEST_F(OnFiles, AContractCommandWaitsForPodsOfOlderFiles) {
  cluster.set_spec(R"({"contractCommand": ["dunlin", "migrate"], "contractAfter": "0s"})");
  hold("files-1");
  cluster.add(started(waiting(pod("old", "myapp:v1"), "files-0")));
  cluster.step();
  cluster.run_job(0, kReport);
  cluster.settle();
  EXPECT_THAT(cluster.contracts, IsEmpty());
  cluster.objects.erase("Pod/old");
  cluster.settle();
  cluster.pass(std::chrono::seconds(2));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, ElementsAre("files-1"));
  EXPECT_EQ((*cluster.contract_job())["spec"]["template"]["spec"]["containers"][0]["command"],
            Json({"dunlin", "migrate"}));
}

TEST_F(OnFiles, OfADatabaseThatIsNoLongerAskedForNothingIsKept) {
  cluster.step();
  cluster.run_job(0, kReport);
  cluster.settle();
  cluster.set_spec(R"({"database": null})");
  cluster.database.reset();
  cluster.settle();
  EXPECT_FALSE(read_status(cluster.migrator["status"]).database);
}

}  // namespace
}  // namespace dunlin::manager
