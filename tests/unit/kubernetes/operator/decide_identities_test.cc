// What counts as migrated, and whose turn it is.
#include <gmock/gmock.h>

#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Settled on what `deploy` has asked for.
void migrate(FakeCluster& cluster, const char* image, const char* workload = "web") {
  cluster.deploy(workload, image);
  cluster.settle();
  if (cluster.job() != nullptr) cluster.run_job(0);
  cluster.settle();
}

void start_pods(FakeCluster& cluster, const std::string& prefix) {
  for (auto& [key, one] : cluster.objects) {
    if (key.starts_with("Pod/" + prefix)) one = started(one);
  }
}

void remove_pods(FakeCluster& cluster, const std::string& prefix) {
  std::erase_if(cluster.objects, [&](const auto& entry) { return entry.first.starts_with("Pod/" + prefix); });
}

TEST(Identities, P0_3_PodsOfAnOlderVersionMayStartDuringARollout) {
  FakeCluster cluster;
  migrate(cluster, "myapp:v1");
  migrate(cluster, "myapp:v2");
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_TRUE(cluster.lets_start("myapp:v2"));
}

TEST(Identities, P0_3_TwoWorkloadsUnderOneSelectorGetOneJobEach) {
  FakeCluster cluster;
  cluster.deploy("worker", "worker:v1");
  cluster.deploy("web", "web:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "web:v2") << "the newest first";
  cluster.run_job(0);
  cluster.step();
  EXPECT_EQ(cluster.condition().status, Truth::no);
  EXPECT_EQ(cluster.condition().message,
            "Migration job default/testing-migrations using image web:v2 succeeded; worker:v1 is next");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "worker:v1");
  cluster.run_job(0);
  cluster.settle();
  EXPECT_EQ(cluster.condition().status, Truth::yes);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("web:v2", "worker:v1"));
  EXPECT_TRUE(cluster.lets_start("web:v2"));
  EXPECT_TRUE(cluster.lets_start("worker:v1"));
}

TEST(Identities, P0_3_ALeftOverPodNeverAsksForItsOwn) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v2"));
  EXPECT_FALSE(cluster.lets_start("myapp:v1")) << "it never ran";
}

TEST(Identities, P0_3_PodsOfAnUnknownOwnerAreJudgedByTheNewest) {
  FakeCluster cluster;
  const Json owner = object("apps.kruise.io/v1alpha1", "CloneSet", "web");
  Json newer = owned_by(pod("a-new", "myapp:v2"), owner);
  newer["metadata"]["creationTimestamp"] = "2026-01-01T10:00:09Z";
  cluster.add(newer);
  cluster.add(owned_by(pod("z-old", "myapp:v1"), owner));
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v2"));
}

TEST(Identities, TheNewestTenAndThoseOfLivePodsAreKept) {
  FakeCluster cluster;
  migrate(cluster, "myapp:v1");
  migrate(cluster, "myapp:v2");
  remove_pods(cluster, "web-v2");
  for (int k = 3; k <= 14; ++k) {
    migrate(cluster, fmt::format("myapp:v{}", k).c_str());
    remove_pods(cluster, fmt::format("web-v{}-", k));
  }
  cluster.deploy("web", "myapp:v14");
  cluster.settle();
  EXPECT_EQ(cluster.status().migrated.size(), 11U);
  EXPECT_TRUE(cluster.lets_start("myapp:v1")) << "it has a pod";
  EXPECT_FALSE(cluster.lets_start("myapp:v2"));
  EXPECT_TRUE(cluster.lets_start("myapp:v5"));
  EXPECT_EQ(cluster.status().history.size(), 10U);

  remove_pods(cluster, "web-v1-");
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1")) << "its pod was drained, and comes back on another node";
  migrate(cluster, "myapp:v15");
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
}

TEST(Identities, ARunningLeftOverIsAdoptedWhenTheOperatorComes) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  start_pods(cluster, "web-v1");
  for (auto& [key, one] : cluster.objects) one["spec"].erase("initContainers");
  cluster.migrator["metadata"]["creationTimestamp"] = "2026-01-01T10:00:30Z";
  cluster.pass(std::chrono::seconds(60));
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.status().find_migrated("myapp:v1")->origin, Migrated::Origin::adopted);
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v2"));
}

TEST(Identities, WhatIsWantedIsRunAndNotAdopted) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  start_pods(cluster, "web-v1");
  cluster.migrator["metadata"]["creationTimestamp"] = "2026-01-01T10:00:30Z";
  cluster.pass(std::chrono::seconds(60));
  cluster.deploy("worker", "myapp:v1");
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1")) << "the worker asks for it";
}

TEST(Identities, WhatAJobWasRecordedAsIsKeptAsLongAsTheJob) {
  FakeCluster cluster(R"({"ttlSecondsAfterFinished": 3600})");
  cluster.add_old_job("myapp:v1", R"({"succeeded": 1})");
  cluster.settle();
  Json& migrated = cluster.migrator["status"]["migrated"];
  for (int k = 0; k < 12; ++k)
    migrated.insert(migrated.begin(), Json{{"identity", fmt::format("myapp:x{}", k)}, {"image", "x"}});
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.status().history.size(), 1U) << "nor is it recorded again";
}

TEST(Identities, P0_8_APodThatStartedUnmigratedProvesNothing) {
  FakeCluster cluster;
  migrate(cluster, "myapp:v1");
  // The webhook was down.
  cluster.deploy("web", "myapp:v2");
  start_pods(cluster, "web-v2");
  for (auto& [key, one] : cluster.objects) one["spec"].erase("initContainers");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2") << "it is migrated to all the same";
  cluster.run_job(1);
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v2"));
}

TEST(Identities, APodThatWasLetThroughMayBeRescheduled) {
  FakeCluster cluster;
  migrate(cluster, "myapp:v1");
  start_pods(cluster, "web-v1");
  for (auto& [key, one] : cluster.objects) {
    if (key.starts_with("Pod/web-v1"))
      one["status"]["initContainerStatuses"] =
          Json::array({{{"name", "migrate-wait-testing"}, {"state", {{"terminated", {{"exitCode", 0}}}}}}});
  }
  // The Migrator was deleted and made again.
  cluster.migrator.erase("status");
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST(Identities, P0_4_AnImageOfTheSpecDoesNotKeepPodsWaiting) {
  FakeCluster cluster(R"({"image": "migrations:1"})");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "migrations:1");
  cluster.run_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.status().last_successful_migration, "migrations:1");
  EXPECT_EQ(cluster.condition().message, "Migration migrations:1 already run");
}

TEST(Identities, AnotherImageOfTheSpecIsRun) {
  FakeCluster cluster(R"({"image": "migrations:1"})");
  migrate(cluster, "myapp:v1");
  cluster.set_spec(R"({"image": "migrations:2"})");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "migrations:2");
  EXPECT_TRUE(cluster.lets_start("myapp:v1")) << "what has been migrated to goes on";
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v1"));
  EXPECT_EQ(cluster.condition().status, Truth::yes);
}

TEST(Identities, P0_4_AnImageThatWasRewrittenDoesNotKeepPodsWaiting) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  for (auto& [key, one] : cluster.objects) {
    if (!key.starts_with("Pod/")) continue;
    one["spec"]["containers"][0]["image"] = "mirror/myapp:v1";
    one["spec"]["initContainers"][0]["command"][1] = "mirror/myapp:v1";
  }
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("mirror/myapp:v1"));
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1"));
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_TRUE(cluster.lets_start("mirror/myapp:v1"));
}

TEST(Identities, P0_4_AContainerThatWasMissingDoesNotKeepPodsWaiting) {
  FakeCluster cluster(R"({"container": "web"})");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_EQ(cluster.condition().message, "no template container found");
  cluster.set_spec(R"({"container": "default"})");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST(Identities, PodsOutsideTheTemplateSelectorWaitForTheTemplates) {
  FakeCluster cluster(R"({"templateSelector": {"matchLabels": {"role": "web"}}})");
  cluster.deploy("worker", "worker:v1");
  cluster.deploy("web", "web:v1");
  for (auto& [key, one] : cluster.objects) {
    if (key.starts_with("Pod/web")) one = labelled(one, "role", "web");
  }
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("worker:v1"));
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("web:v1"));
  EXPECT_TRUE(cluster.lets_start("worker:v1"));
}

TEST(Identities, P1_8_PodsThatHaveEndedOrAreAMigrationsOwnDoNotCount) {
  FakeCluster cluster;
  Json ended = pod("ended", "myapp:v0");
  ended["status"]["phase"] = "Succeeded";
  cluster.add(ended);
  Json going = pod("going", "myapp:v0");
  going["metadata"]["deletionTimestamp"] = "2026-01-01T10:00:00Z";
  cluster.add(going);
  Json own = pod("own", "myapp:v0");
  own["metadata"]["annotations"] = {{"migrations.coderanger.net/migrator", "other"}};
  cluster.add(own);
  EXPECT_THAT(cluster.decide().status.conditions.find("MigrationsReady")->reason, "Unknown");
  EXPECT_THAT(cluster.created, IsEmpty());
}

TEST(Identities, P1_3_ARollbackNeedsNoJob) {
  FakeCluster cluster;
  migrate(cluster, "myapp:v1");
  migrate(cluster, "myapp:v2");
  migrate(cluster, "myapp:v1");
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v2"));
  EXPECT_EQ(cluster.condition().message, "Migration myapp:v1 already run");
}

TEST(Identities, P1_3_ARollbackIsRunWhenThatIsWanted) {
  FakeCluster cluster(R"({"rollbackPolicy": "run"})");
  migrate(cluster, "myapp:v1");
  migrate(cluster, "myapp:v2");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v1");
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  cluster.run_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.status().migrated.front().identity, "myapp:v1");
  EXPECT_EQ(cluster.status().migrated.size(), 2U);
  EXPECT_EQ(cluster.condition().status, Truth::yes);
  migrate(cluster, "myapp:v2");
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v2", "myapp:v1", "myapp:v2"));
}

TEST(Identities, P1_3_TwoWorkloadsAreNoRollbackOfEachOther) {
  FakeCluster cluster(R"({"rollbackPolicy": "run"})");
  migrate(cluster, "web:v1", "web");
  migrate(cluster, "worker:v1", "worker");
  migrate(cluster, "web:v2", "web");
  migrate(cluster, "web:v3", "web");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("web:v1", "worker:v1", "web:v2", "web:v3"));
}

TEST(Identities, P1_3_ARollbackIsBlockedWhenThatIsWanted) {
  FakeCluster cluster(R"({"rollbackPolicy": "block"})");
  migrate(cluster, "myapp:v1");
  migrate(cluster, "myapp:v2");
  EXPECT_TRUE(cluster.lets_start("myapp:v1")) << "only a rollback is blocked";
  migrate(cluster, "myapp:v1");
  EXPECT_EQ(cluster.condition().status, Truth::no);
  EXPECT_EQ(cluster.condition().reason, "RollbackBlocked");
  EXPECT_EQ(
      cluster.condition().message,
      "myapp:v1 is older than myapp:v2, which has been migrated to: its pods wait, as spec.rollbackPolicy is block. "
      "Deploy myapp:v2 or a newer version, or set rollbackPolicy to skip if myapp:v1 works with the schema as it is "
      "now");
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v2"));
  const FakeCluster with_pods = cluster;
  remove_pods(cluster, "web");
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1")) << "nor is the next pod let through";
  cluster.objects = with_pods.objects;
  migrate(cluster, "myapp:v2");
  EXPECT_EQ(cluster.condition().status, Truth::yes);
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST(Identities, WhatMigrationsOperatorMigratedIsNotRunAgain) {
  FakeCluster cluster;
  cluster.migrator["status"] = {{"lastSuccessfulMigration", "myapp:v1"}};
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_THAT(cluster.created, IsEmpty());
  EXPECT_EQ(cluster.condition().message, "Migration myapp:v1 already run");
}

TEST(Identities, P1_2_AnotherTemplateIsRunWhenThatTriggers) {
  FakeCluster cluster(R"({"trigger": "template"})");
  migrate(cluster, "myapp:v1");
  Json& deployment = cluster.objects.at("Deployment/web");
  deployment["spec"]["template"]["spec"]["containers"][0]["args"] = {"--new"};
  Json& set = cluster.objects.at("ReplicaSet/web-v1");
  set["spec"]["template"] = deployment["spec"]["template"];
  cluster.settle();
  ASSERT_EQ(cluster.created.size(), 2U);
  EXPECT_NE(cluster.created[0], cluster.created[1]);
  cluster.run_job(0);
  cluster.settle();
  EXPECT_EQ(cluster.status().migrated.size(), 3U) << "and what their pods ask for";
}

TEST(Identities, P1_2_AMovedTagIsMigratedToByItsDigest) {
  FakeCluster cluster(R"({"trigger": "digest"})");
  cluster.image_id = "docker.io/library/myapp@sha256:01";
  migrate(cluster, "myapp:latest");
  EXPECT_TRUE(cluster.lets_start("myapp:latest"));
  EXPECT_TRUE(cluster.lets_start("sha256:01"));

  const auto run_on_node = [&](const char* image_id) {
    for (auto& [key, one] : cluster.objects) {
      if (!key.starts_with("Pod/web")) continue;
      one["status"]["containerStatuses"] =
          Json::array({{{"name", "default"}, {"imageID", image_id}, {"state", {{"running", Json::object()}}}}});
    }
  };
  run_on_node("docker.io/library/myapp@sha256:01");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:latest"));

  run_on_node("docker.io/library/myapp@sha256:02");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:latest", "sha256:02"));
  EXPECT_EQ(job_image(*cluster.job()), "myapp@sha256:02") << "the very image that the pod has";
  cluster.image_id = "docker.io/library/myapp@sha256:02";
  cluster.run_job(0);
  cluster.settle();
  cluster.settle();
  EXPECT_EQ(cluster.created.size(), 2U);
  EXPECT_EQ(cluster.condition().status, Truth::yes);
}

TEST(Identities, P1_2_AnImageThatRanBeforeTheMigratorIsNotAMovedTag) {
  FakeCluster cluster(R"({"trigger": "digest"})");
  cluster.deploy("web", "myapp:latest");
  start_pods(cluster, "web");
  for (auto& [key, one] : cluster.objects) {
    if (key.starts_with("Pod/")) one["status"]["containerStatuses"][0]["imageID"] = "myapp@sha256:00";
  }
  cluster.migrator["metadata"]["creationTimestamp"] = "2026-01-01T10:00:30Z";
  cluster.image_id = "myapp@sha256:01";
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:latest"));
  EXPECT_TRUE(cluster.lets_start("sha256:00"));
  EXPECT_TRUE(cluster.lets_start("sha256:01"));
}

TEST(Identities, P1_2_TheReferenceGoesBeforeItsDigest) {
  FakeCluster cluster(R"({"trigger": "digest"})");
  cluster.deploy("web", "myapp:latest");
  start_pods(cluster, "web");
  for (auto& [key, one] : cluster.objects) {
    if (key.starts_with("Pod/")) one["status"]["containerStatuses"][0]["imageID"] = "myapp@sha256:01";
  }
  cluster.image_id = "myapp@sha256:01";
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:latest"));
}

TEST(Identities, OfTwoWorkloadsWithOneIdentityTheNewestIsTheTemplate) {
  FakeCluster cluster;
  for (const char* name : {"a-newest", "b-older"}) {
    Json deployment = with_template("apps/v1", "Deployment", name, "myapp:v1");
    deployment["spec"]["template"]["spec"]["priorityClassName"] = name;
    Json made = owned_by(pod(name, "myapp:v1"), cluster.add(deployment));
    if (std::string(name) == "a-newest") made["metadata"]["creationTimestamp"] = "2026-01-01T11:00:00Z";
    cluster.add(made);
  }
  cluster.settle();
  EXPECT_EQ((*cluster.job())["spec"]["template"]["spec"]["priorityClassName"], "a-newest");

  for (auto& [key, one] : cluster.objects) {
    if (key.starts_with("Pod/b")) one["metadata"]["creationTimestamp"] = "2026-01-01T12:00:00Z";
  }
  cluster.objects.erase("Job/testing-migrations");
  cluster.settle();
  EXPECT_EQ((*cluster.job())["spec"]["template"]["spec"]["priorityClassName"], "b-older");
}

TEST(Identities, ARunningPodWithoutAnOwnerHasNothingLeftToAskFor) {
  FakeCluster cluster;
  cluster.add(started(pod("old", "myapp:v1")));
  Json newer = pod("new", "myapp:v2");
  newer["metadata"]["creationTimestamp"] = "2026-01-01T10:00:09Z";
  cluster.add(newer);
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v2"));
}

TEST(Identities, P2_AWorkloadWithoutPodsIsMigratedForWhenItIsKnown) {
  const Json object =
      Json::parse(R"({"metadata": {"name": "testing"}, "spec": {"selector": {"matchLabels": {"app": "myapp"}}}})");
  const Migrator migrator = read_migrator(object);
  Workload scaled_down;
  scaled_down.name = "Deployment/web";
  scaled_down.pod_template = pod_template("myapp:v1");
  EXPECT_TRUE(survey(migrator, {{.workload = scaled_down, .pods = {}}}).wants("myapp:v1"));
  scaled_down.pod_template["metadata"]["labels"]["app"] = "other";
  EXPECT_FALSE(survey(migrator, {{.workload = scaled_down, .pods = {}}}).wants("myapp:v1"));
}

}  // namespace
}  // namespace dunlin::manager
