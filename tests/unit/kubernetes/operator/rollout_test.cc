#include "kubernetes/operator/rollout.h"

#include <gtest/gtest.h>

#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

Migrator migrator() {
  Migrator one;
  one.spec.selector = kubernetes::LabelSelector::parse(Json{{"matchLabels", {{"app", "myapp"}}}}, "spec.selector");
  return one;
}

Json ready(Json pod) {
  pod["status"]["conditions"] = Json::array({{{"type", "Ready"}, {"status", "True"}}});
  return pod;
}

Json deployment(int replicas) {
  Json one = with_template("apps/v1", "Deployment", "web", "myapp:v1");
  one["spec"]["replicas"] = replicas;
  return one;
}

std::string undecided(const Json& workload, const std::vector<Json>& pods = {}) {
  std::vector<PodView> views;
  for (const Json& one : pods) views.push_back(read_pod(one));
  WorkloadPods entry{.workload = workload_without_pods(workload), .pods = {}};
  for (const PodView& view : views) entry.pods.push_back(&view);
  return why_undecided(migrator(), {entry});
}

TEST(Rollout, IsDecidedByOnePodThatIsReady) {
  EXPECT_EQ(undecided(deployment(2), {pod("web-1", "myapp:v1"), ready(pod("web-2", "myapp:v1"))}), "");
  EXPECT_EQ(undecided(deployment(2), {pod("web-1", "myapp:v1")}), "no pod of Deployment/web is ready");
  EXPECT_EQ(undecided(deployment(2)), "no pod of Deployment/web is ready") << "a quota may keep them from being made";
}

TEST(Rollout, WhatWantsNoPodsIsDecided) {
  EXPECT_EQ(undecided(deployment(0)), "");
  EXPECT_EQ(undecided(with_template("batch/v1", "Job", "once", "myapp:v1"), {pod("once-1", "myapp:v1")}), "");
}

TEST(Rollout, ADaemonSetWantsAsManyAsItsControllerSays) {
  Json set = with_template("apps/v1", "DaemonSet", "agent", "myapp:v1");
  EXPECT_EQ(undecided(set), "");
  set["status"]["desiredNumberScheduled"] = 3;
  EXPECT_EQ(undecided(set), "no pod of DaemonSet/agent is ready");
}

TEST(Rollout, IsUndecidedWhileItIsPaused) {
  Json paused = deployment(1);
  paused["spec"]["paused"] = true;
  EXPECT_EQ(undecided(paused, {ready(pod("web-1", "myapp:v1"))}), "Deployment/web is paused");
}

TEST(Rollout, OfOthersIsNoneOfOurs) {
  Json other = deployment(1);
  other["spec"]["template"]["metadata"]["labels"] = {{"app", "other"}};
  EXPECT_EQ(undecided(other), "");
}

}  // namespace
}  // namespace dunlin::manager
