#include "kubernetes/operator/workload_finder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kubernetes/operator/informers.h"
#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FindWorkloads : public testing::Test {
 protected:
  FindWorkloads() {
    Json one = object("migrations.coderanger.net/v1beta1", "Migrator", "testing");
    one["spec"]["selector"]["matchLabels"] = {{"app", "myapp"}};
    migrator = read_migrator(one);
  }

  void add_pod(const Json& pod) { pods_.push_back(read_pod(pod)); }

  std::vector<std::string> found() {
    std::vector<const PodView*> pods;
    for (const PodView& pod : pods_) pods.push_back(&pod);
    std::vector<std::string> names;
    const auto fetch = [&](const kubernetes::Reference& wanted) -> Json {
      ++fetched;
      for (const Json& one : objects) {
        if (one["kind"] == wanted.kind && kubernetes::name_of(one) == wanted.name) return one;
      }
      return {};
    };
    for (const WorkloadPods& each : find_workloads(migrator, pods, lasting, fetch))
      names.push_back(fmt::format("{} {}", each.workload.name, each.pods.size()));
    return names;
  }

  Migrator migrator;
  std::vector<Json> objects;
  std::vector<Json> lasting;
  int fetched = 0;

 private:
  std::vector<PodView> pods_;
};

TEST_F(FindWorkloads, PodsOfOneOwnerAreOneWorkload) {
  const Json deployment = with_template("apps/v1", "Deployment", "web", "app:2");
  const Json set = owned_by(with_template("apps/v1", "ReplicaSet", "web-1", "app:2"), deployment);
  objects = {deployment, set};
  lasting = {deployment};
  add_pod(owned_by(pod("web-1-a", "app:2"), set));
  add_pod(owned_by(pod("web-1-b", "app:2"), set));
  EXPECT_THAT(found(), ElementsAre("Deployment/web 2"));
  EXPECT_EQ(fetched, 2);
}

TEST_F(FindWorkloads, OneWithoutPodsCountsWhenItWouldMakeSome) {
  Json other = with_template("apps/v1", "Deployment", "other", "app:2");
  other["spec"]["template"]["metadata"]["labels"]["app"] = "other";
  const Json idle = with_template("apps/v1", "StatefulSet", "idle", "app:2");
  // It belongs to something that decides in its place.
  const Json owned = owned_by(with_template("apps/v1", "Deployment", "owned", "app:2"), other);
  lasting = {other, idle, owned};
  EXPECT_THAT(found(), ElementsAre("StatefulSet/idle 0"));
}

TEST_F(FindWorkloads, WhatHasEndedOrIsAMigrationAsksForNothing) {
  Json ended = pod("done", "app:1");
  ended["status"]["phase"] = "Succeeded";
  add_pod(ended);
  Json migration = pod("testing-migrations-1", "app:1");
  migration["metadata"]["annotations"] = {{"migrations.coderanger.net/migrator", "testing"}};
  add_pod(migration);
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_EQ(fetched, 0);
}

TEST(TemplateHolder, KeepsWhatAWalkReadsAndNothingElse) {
  Json set = with_template("apps/v1", "StatefulSet", "db", "app:1");
  set["metadata"]["annotations"] = {{"kubectl.kubernetes.io/last-applied-configuration", "long"}};
  set["metadata"]["managedFields"] = Json::array({1, 2});
  set["spec"]["volumeClaimTemplates"] = Json::array({{{"metadata", {{"name", "data"}}}, {"spec", {{"big", true}}}}});
  set["status"] = {{"readyReplicas", 3}, {"updateRevision", "db-7"}, {"observedGeneration", 2}};
  const TemplateHolder holder = read_template_holder(kStatefulSets, set);
  EXPECT_EQ(holder.text.find("last-applied"), std::string::npos);
  EXPECT_EQ(holder.text.find("managedFields"), std::string::npos);
  EXPECT_EQ(holder.text.find("big"), std::string::npos);
  EXPECT_EQ(holder.pod_labels.at("app"), "myapp");
  EXPECT_EQ(pod_template_of(holder.object()), pod_template_of(set));
  set["status"]["readyReplicas"] = 2;
  EXPECT_EQ(read_template_holder(kStatefulSets, set), holder);
  set["status"]["updateRevision"] = "db-8";
  EXPECT_NE(read_template_holder(kStatefulSets, set), holder);
}

TEST(TemplateHolder, AnOldReplicaSetIsNotKept) {
  Json set = with_template("apps/v1", "ReplicaSet", "web-1", "app:1");
  set["spec"]["replicas"] = 0;
  set["status"]["replicas"] = 1;
  EXPECT_TRUE(read_template_holder(kReplicaSets, set).is_kept());
  set["status"]["replicas"] = 0;
  EXPECT_FALSE(read_template_holder(kReplicaSets, set).is_kept());
  EXPECT_TRUE(read_template_holder(kReplicaSets, set).object().is_null());
}

TEST(TemplateHolder, ACronJobHasItsTemplateFurtherDown) {
  Json cron = object("batch/v1", "CronJob", "nightly");
  cron["spec"]["jobTemplate"]["spec"]["template"] = pod_template("app:1");
  cron["spec"]["schedule"] = "* * * * *";
  const TemplateHolder holder = read_template_holder(kOldCronJobs, cron);
  EXPECT_EQ(pod_template_of(holder.object()), pod_template("app:1"));
  EXPECT_EQ(holder.object()["apiVersion"], "batch/v1beta1");
}

TEST(JobView, OfAMigrationAllIsKept) {
  const Json migrator = object("migrations.coderanger.net/v1beta1", "Migrator", "testing");
  Json job = owned_by(with_template("batch/v1", "Job", "testing-migrations", "app:1"), migrator);
  job["metadata"]["managedFields"] = Json::array({1});
  job["status"]["active"] = 1;
  const JobView view = read_job_view(job);
  EXPECT_EQ(view.migrator, "testing");
  job["metadata"].erase("managedFields");
  EXPECT_EQ(view.object(), job);

  const JobView other = read_job_view(with_template("batch/v1", "Job", "report", "app:1"));
  EXPECT_TRUE(other.migrator.empty());
  EXPECT_TRUE(other.text.empty());
  EXPECT_EQ(pod_template_of(other.holder.object()), pod_template("app:1"));
}

}  // namespace
}  // namespace dunlin::manager
