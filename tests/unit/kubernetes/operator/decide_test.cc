// The cases of migrations-operator's own tests, with its texts.
#include "kubernetes/operator/decide.h"

#include <gmock/gmock.h>

#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Decide, C01_WithoutPodsNothingIsKnown) {
  FakeCluster cluster;
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::unknown);
  EXPECT_EQ(cluster.condition().reason, "Unknown");
  EXPECT_EQ(cluster.condition().message, "");
  EXPECT_EQ(cluster.job(), nullptr);
}

TEST(Decide, C02_APodThatIsNotSelectedDoesNotMatter) {
  FakeCluster cluster;
  cluster.add(labelled(pod("p", "myapp:latest"), "app", "other"));
  cluster.settle();
  EXPECT_EQ(cluster.condition().reason, "Unknown");
  EXPECT_EQ(cluster.job(), nullptr);
}

TEST(Decide, C03_PodsWithoutATemplateAmongThemAreAnError) {
  FakeCluster cluster(R"({"templateSelector": {"matchLabels": {"role": "template"}}})");
  cluster.add(pod("p", "myapp:latest"));
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::no);
  EXPECT_EQ(cluster.condition().reason, "Error");
  EXPECT_EQ(cluster.condition().message, "no template pods found");
  EXPECT_EQ(cluster.job(), nullptr);
}

TEST(Decide, C04_APodStartsAMigration) {
  FakeCluster cluster;
  cluster.add(pod("p", "myapp:latest"));
  cluster.step();
  EXPECT_THAT(cluster.events,
              ElementsAre(Event{false, "MigrationsStarted",
                                "Started migration job default/testing-migrations using image myapp:latest"}));
  EXPECT_EQ(cluster.condition().status, Truth::no);
  EXPECT_EQ(cluster.condition().reason, "MigrationsRunning");
  const Json& container = (*cluster.job())["spec"]["template"]["spec"]["containers"][0];
  EXPECT_EQ(container["name"], "migrations");
  EXPECT_EQ(container["image"], "myapp:latest");
}

TEST(Decide, C05_AJobOfTheSameImageIsLeftToRun) {
  FakeCluster cluster;
  cluster.add(pod("p", "myapp:latest"));
  const Json before = cluster.add_old_job("myapp:latest");
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::no);
  EXPECT_EQ(cluster.condition().reason, "MigrationsRunning");
  EXPECT_EQ(cluster.condition().message,
            "Migration job default/testing-migrations using image myapp:latest still running");
  EXPECT_EQ(*cluster.job(), before);
}

TEST(Decide, C06_AJobOfAnotherImageThatHasNotBegunIsDeleted) {
  FakeCluster cluster;
  cluster.add(pod("p", "myapp:latest"));
  cluster.add_old_job("myapp:other");
  cluster.step();
  EXPECT_EQ(cluster.condition().status, Truth::no);
  EXPECT_EQ(cluster.condition().reason, "StaleJob");
  EXPECT_THAT(
      cluster.events,
      ElementsAre(Event{false, "StaleJob", "Deleted stale migration job default/testing-migrations (myapp:other)"}));
  cluster.collect_garbage();
  EXPECT_EQ(cluster.job(), nullptr);
}

TEST(Decide, C07_AJobThatHasSucceededMakesItReadyAndGoes) {
  FakeCluster cluster;
  cluster.add(pod("p", "myapp:latest"));
  cluster.add_old_job("myapp:latest", R"({"succeeded": 1})");
  cluster.step();
  EXPECT_EQ(cluster.condition().status, Truth::yes);
  EXPECT_THAT(cluster.events,
              ElementsAre(Event{false, "MigrationsSucceeded",
                                "Migration job default/testing-migrations using image myapp:latest succeeded"}));
  EXPECT_EQ(cluster.status().last_successful_migration, "myapp:latest");
  cluster.settle();
  EXPECT_EQ(cluster.job(), nullptr);
  EXPECT_EQ(cluster.condition().status, Truth::yes);
  EXPECT_EQ(cluster.condition().reason, "MigrationsUpToDate");
  EXPECT_EQ(cluster.condition().message, "Migration myapp:latest already run");
  EXPECT_EQ(cluster.condition("Ready").status, Truth::yes);
}

TEST(Decide, C08_AJobThatHasFailedIsKept) {
  FakeCluster cluster;
  cluster.add(pod("p", "myapp:latest"));
  const Json before = cluster.add_old_job("myapp:latest", R"({"failed": 1})");
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::no);
  EXPECT_EQ(cluster.condition().reason, "MigrationsFailed");
  EXPECT_EQ(*cluster.job(), before);
  EXPECT_THAT(cluster.events,
              ElementsAre(Event{true, "MigrationsFailed",
                                "Migration job default/testing-migrations using image myapp:latest failed"}));
}

TEST(Decide, C09_TheTemplateSelectorChoosesAmongPods) {
  FakeCluster cluster(R"({"selector": {"matchLabels": {"part": "of"}},
                          "templateSelector": {"matchLabels": {"app": "two"}}})");
  cluster.migrator["spec"]["selector"] = {{"matchLabels", {{"part", "of"}}}};
  cluster.add(labelled(labelled(pod("one", "one:latest"), "app", "one"), "part", "of"));
  cluster.add(labelled(labelled(pod("two", "two:latest"), "app", "two"), "part", "of"));
  cluster.step();
  EXPECT_EQ(job_image(*cluster.job()), "two:latest");
}

TEST(Decide, C13_ADeploymentsPresentTemplateIsWhatCounts) {
  FakeCluster cluster;
  const Json deployment = cluster.add(with_template("apps/v1", "Deployment", "web", "myapp:v1"));
  const Json set = cluster.add(owned_by(with_template("apps/v1", "ReplicaSet", "web-0", "myapp:v0"), deployment));
  cluster.add(owned_by(pod("web-0-a", "myapp:v0"), set));
  cluster.step();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v1");
}

// M01, without a cluster around it.
TEST(Decide, FromOneVersionToTheNext) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_EQ(cluster.condition("Ready").status, Truth::yes);
  EXPECT_EQ(cluster.status().last_successful_migration, "myapp:v1");
  cluster.settle();
  EXPECT_EQ(cluster.job(), nullptr);

  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(cluster.condition("Ready").status, Truth::no);
  EXPECT_FALSE(cluster.lets_start("myapp:v2"));
  cluster.run_job(0);
  cluster.settle();
  EXPECT_EQ(cluster.condition("Ready").status, Truth::yes);
  EXPECT_EQ(cluster.status().last_successful_migration, "myapp:v2");
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v2"));
  EXPECT_EQ(cluster.status().history.size(), 2U);
}

TEST(Decide, AMigratorThatIsSkippedOrGoesIsLeftAlone) {
  FakeCluster cluster;
  cluster.add(pod("p", "myapp:latest"));
  cluster.migrator["metadata"]["annotations"] = {{"controller-utils/skip-reconcile", "true"}};
  cluster.settle();
  EXPECT_FALSE(cluster.migrator.contains("status"));

  cluster.migrator["metadata"].erase("annotations");
  cluster.migrator["metadata"]["deletionTimestamp"] = "2026-01-01T10:00:00Z";
  cluster.settle();
  EXPECT_FALSE(cluster.migrator.contains("status"));
  EXPECT_THAT(cluster.created, IsEmpty());
}

TEST(Decide, ASpecThatIsWrongIsAnErrorAndRunsNothing) {
  FakeCluster cluster(R"({"trigger": "tag"})");
  cluster.add(pod("p", "myapp:latest"));
  cluster.settle();
  EXPECT_EQ(cluster.condition().reason, "Error");
  EXPECT_EQ(cluster.condition().message, "spec.trigger: \"tag\" is not one of image, template, digest");
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_EQ(cluster.job(), nullptr);

  cluster.set_spec(R"({"trigger": "image"})");
  cluster.step();
  EXPECT_EQ(cluster.condition().reason, "MigrationsRunning");
  EXPECT_EQ(cluster.condition().observed_generation, 2);
}

TEST(Decide, AContainerThatIsNotThereIsAnError) {
  FakeCluster cluster(R"({"container": "web"})");
  cluster.add(pod("p", "myapp:latest"));
  cluster.settle();
  EXPECT_EQ(cluster.condition().message, "no template container found");
}

TEST(Decide, WhatTheApiServerWillNotMakeIsSaidSo) {
  FakeCluster cluster;
  cluster.add(pod("p", "myapp:latest"));
  const Decision decision = cluster.decide();
  const Decision refused =
      create_refused(decision, read_migrator(cluster.migrator), "exceeded quota, DB_PASSWORD=hunter2", cluster.now);
  const Condition& ready = *refused.status.conditions.find("MigrationsReady");
  EXPECT_EQ(ready.status, Truth::unknown);
  EXPECT_EQ(ready.reason, "CreateError");
  EXPECT_EQ(ready.message, "Error on create, possible conflict: exceeded quota, DB_PASSWORD=***");
  EXPECT_THAT(refused.events, ElementsAre(Event{true, "CreateError", ready.message}));
  EXPECT_TRUE(refused.writes);

  cluster.write_status(refused, "1");
  const Decision again = cluster.decide();
  EXPECT_TRUE(std::holds_alternative<CreateJob>(again.action));
  EXPECT_TRUE(again.writes);
  EXPECT_EQ(again.status, cluster.status()) << "the condition does not go to and fro";
}

TEST(Decide, P2_NothingIsWrittenWhereNothingHasChanged) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  cluster.deploy("web", "myapp:v1");
  cluster.pass(std::chrono::seconds(100));
  const Decision decision = cluster.decide();
  EXPECT_FALSE(decision.writes);
  EXPECT_THAT(decision.events, IsEmpty());
}

TEST(Decide, ScaledToNothingItKeepsWhatItKnows) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(0);
  std::erase_if(cluster.objects, [](const auto& entry) { return entry.first.starts_with("Pod/web"); });
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::yes) << "the outcome is recorded all the same";
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST(Decide, KeepsASucceededJobAsLongAsItIsTold) {
  FakeCluster cluster(R"({"ttlSecondsAfterFinished": 60})");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  ASSERT_NE(cluster.job(), nullptr);
  EXPECT_EQ(cluster.condition().status, Truth::yes);
  EXPECT_EQ(cluster.decide().again_in, std::chrono::seconds(60));
  cluster.pass(std::chrono::seconds(60));
  cluster.settle();
  EXPECT_EQ(cluster.job(), nullptr);
}

TEST(Decide, ASucceededJobMakesRoomForTheNextOne) {
  FakeCluster cluster(R"({"ttlSecondsAfterFinished": 3600})");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
}

TEST(Decide, SuspendedItFinishesWhatRunsAndStartsNothing) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.set_spec(R"({"suspend": true})");
  cluster.deploy("web", "myapp:v2");
  cluster.finish_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1"));
  EXPECT_EQ(cluster.condition().reason, "Suspended");
  cluster.set_spec(R"({"suspend": false})");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v2"));
}

TEST(Decide, P1_4_MigratorsOfALockGroupTakeTurns) {
  FakeCluster cluster(R"({"lockGroup": "main"})");
  cluster.lock_holders = {{.migrator = "audit", .detail = ""}};
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_EQ(cluster.job(), nullptr);
  EXPECT_EQ(cluster.condition().reason, "WaitingForLock");
  EXPECT_EQ(cluster.condition().message, "Migration myapp:v1 waits for migrator audit of lock group main");
  EXPECT_TRUE(cluster.decide().again_in.has_value());
  cluster.lock_holders.clear();
  cluster.settle();
  EXPECT_NE(cluster.job(), nullptr);

  FakeCluster alone;
  alone.lock_holders = {{.migrator = "audit", .detail = ""}};
  alone.deploy("web", "myapp:v1");
  alone.settle();
  EXPECT_NE(alone.job(), nullptr) << "it is in no group";
}

}  // namespace
}  // namespace dunlin::manager
