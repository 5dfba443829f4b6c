#include "kubernetes/operator/pod_view.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using testing::IsEmpty;

const Json kPod = Json::parse(R"({
  "metadata": {"name": "web-abc-1", "namespace": "shop", "uid": "p1", "creationTimestamp": "2026-01-01T10:00:00Z",
               "labels": {"app": "web"},
               "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-abc", "uid": "r1",
                                    "controller": true}]},
  "spec": {"nodeName": "n1",
    "initContainers": [
      {"name": "migrate-wait-shop", "image": "operator:1", "command": ["/waiter", "app:1", "shop", "shop", "host:5000"]},
      {"name": "migrate-wait-audit", "image": "operator:1",
       "command": ["/waiter", "app:1", "shop", "audit", "host:5000", "--token=x", "--identity=app:1@0011"]},
      {"name": "setup", "image": "app:1"}],
    "containers": [{"name": "app", "image": "app:1"}, {"name": "proxy", "image": "proxy:1"}]},
  "status": {"phase": "Running",
    "initContainerStatuses": [{"name": "migrate-wait-shop", "state": {"terminated": {"exitCode": 0}}},
                              {"name": "migrate-wait-audit", "state": {"running": {}}}],
    "containerStatuses": [
      {"name": "proxy", "state": {"waiting": {"reason": "ImagePullBackOff"}}},
      {"name": "app", "imageID": "docker.io/library/app@sha256:11", "state": {"running": {"startedAt": "x"}},
       "lastState": {"terminated": {"exitCode": 137, "message": "secret"}}}]}
})");

Json with_phase(const char* phase) {
  return Json{{"status", {{"phase", phase}}}};
}

TEST(PodView, KeepsWhatTheDecisionNeeds) {
  const PodView pod = read_pod(kPod);
  EXPECT_EQ(pod.name, "web-abc-1");
  EXPECT_EQ(pod.owner->kind, "ReplicaSet");
  EXPECT_EQ(pod.phase, PodPhase::running);
  EXPECT_EQ(pod.node, "n1");
  EXPECT_EQ(pod.created, kubernetes::parse_time("2026-01-01T10:00:00Z"));
  EXPECT_EQ(pod.labels.at("app"), "web");
  ASSERT_EQ(pod.containers.size(), 2U);
  EXPECT_EQ(pod.containers[0].image_id, "docker.io/library/app@sha256:11");
  EXPECT_TRUE(pod.containers[0].started);
  EXPECT_EQ(pod.containers[0].exit_code, 137);
  EXPECT_FALSE(pod.containers[1].started);
  EXPECT_EQ(pod.containers[1].waiting, "ImagePullBackOff");
  EXPECT_EQ(pod.init_containers.size(), 3U);
}

TEST(PodView, FindsAContainerByNameElseTheFirst) {
  const PodView pod = read_pod(kPod);
  EXPECT_EQ(pod.container("proxy")->image, "proxy:1");
  EXPECT_EQ(pod.container("")->image, "app:1");
  EXPECT_EQ(pod.container("absent")->image, "app:1");
  EXPECT_EQ(PodView{}.container(""), nullptr);
}

TEST(PodView, KnowsWhatItsWaitersAskFor) {
  const PodView pod = read_pod(kPod);
  EXPECT_EQ(pod.waiter_for("shop")->identity, "app:1");
  EXPECT_TRUE(pod.waiter_for("shop")->done);
  EXPECT_EQ(pod.waiter_for("audit")->identity, "app:1@0011");
  EXPECT_FALSE(pod.waiter_for("audit")->done);
  EXPECT_EQ(pod.waiter_for("other"), nullptr);
}

TEST(PodView, OneThatHasEndedOrGoesIsNotLive) {
  EXPECT_TRUE(read_pod(with_phase("Pending")).is_live());
  EXPECT_TRUE(read_pod(with_phase("Running")).is_live());
  EXPECT_TRUE(read_pod(Json::object()).is_live());
  EXPECT_FALSE(read_pod(with_phase("Succeeded")).is_live());
  EXPECT_FALSE(read_pod(with_phase("Failed")).is_live());
  Json going = with_phase("Running");
  going["metadata"]["deletionTimestamp"] = "2026-01-01T10:00:00Z";
  EXPECT_FALSE(read_pod(going).is_live());
}

TEST(PodView, OneThatIsAboutToGoMayRunUntilItHasEnded) {
  EXPECT_TRUE(read_pod(with_phase("Pending")).may_run());
  EXPECT_FALSE(read_pod(with_phase("Succeeded")).may_run());
  Json going = kPod;
  going["metadata"]["deletionTimestamp"] = "2026-01-01T10:00:30Z";
  EXPECT_TRUE(read_pod(going).may_run());
  EXPECT_EQ(read_pod(going).end_due, kubernetes::parse_time("2026-01-01T10:00:30Z"));
  going["status"]["phase"] = "Failed";
  EXPECT_TRUE(read_pod(going).may_run()) << "somebody says that it failed, and its node that it runs";
  for (const char* statuses : {"containerStatuses", "initContainerStatuses"}) going["status"].erase(statuses);
  EXPECT_FALSE(read_pod(going).may_run());
  EXPECT_EQ(read_pod(kPod).end_due, std::nullopt);
}

TEST(PodView, HasStartedOnceAContainerOfItHas) {
  EXPECT_TRUE(read_pod(kPod).has_started());
  Json pod = kPod;
  pod["status"].erase("containerStatuses");
  EXPECT_FALSE(read_pod(pod).has_started());
}

TEST(PodView, KnowsAMigrationsOwnPods) {
  Json pod = kPod;
  pod["metadata"]["labels"]["migrations"] = "shop";
  EXPECT_EQ(read_pod(pod).migration_of, "") << "a label alone is anybody's";

  pod["metadata"]["ownerReferences"][0]["kind"] = "Job";
  pod["metadata"]["ownerReferences"][0]["name"] = "shop-migrations";
  EXPECT_EQ(read_pod(pod).migration_of, "shop") << "of migrations-operator's making";

  Json ours = kPod;
  ours["metadata"]["annotations"]["migrations.coderanger.net/migrator"] = "audit";
  EXPECT_EQ(read_pod(ours).migration_of, "audit");
}

TEST(PodView, KeepsTheLastWordsOfAMigrationOnly) {
  EXPECT_EQ(read_pod(kPod).containers[0].message, "");
  Json ours = kPod;
  ours["metadata"]["annotations"]["migrations.coderanger.net/migrator"] = "shop";
  EXPECT_EQ(read_pod(ours).containers[0].message, "secret");
}

TEST(PodView, KeepsWhatAMigrationWaitsFor) {
  Json waiting = kPod;
  waiting["spec"].erase("nodeName");
  waiting["status"] = Json::parse(R"({"phase": "Pending", "conditions": [
      {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}],
    "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CreateContainerConfigError",
                                                                "message": "secret \"db\" not found"}}}]})");
  EXPECT_EQ(read_pod(waiting).unplaced, "");
  EXPECT_EQ(read_pod(waiting).containers[0].waiting_for, "");
  waiting["metadata"]["annotations"]["migrations.coderanger.net/migrator"] = "shop";
  EXPECT_EQ(read_pod(waiting).unplaced, "0/3 nodes are available");
  EXPECT_EQ(read_pod(waiting).containers[0].waiting_for, "secret \"db\" not found");
  EXPECT_EQ(read_pod(waiting).taken, kubernetes::parse_time("2026-01-01T10:00:00Z"));
  waiting["status"]["startTime"] = "2026-01-01T10:05:00Z";
  EXPECT_EQ(read_pod(waiting).taken, kubernetes::parse_time("2026-01-01T10:05:00Z"));
}

TEST(PodView, StrangePodsAreReadAsEmpty) {
  for (const char* strange :
       {"null", "7", R"({"spec": {"containers": 7, "initContainers": [null, {"name": 7}]}})",
        R"({"spec": {"initContainers": [{"name": "migrate-wait-x", "command": [1, 2, 3, 4, 5]}]}})",
        R"({"spec": {"initContainers": [{"name": "migrate-wait-x", "command": ["/waiter"]}]}})"}) {
    const PodView pod = read_pod(Json::parse(strange));
    EXPECT_THAT(pod.containers, IsEmpty()) << strange;
    EXPECT_EQ(pod.waiter_for("x"), nullptr) << strange;
  }
}

}  // namespace
}  // namespace dunlin::manager
