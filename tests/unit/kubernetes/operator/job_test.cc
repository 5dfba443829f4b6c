#include "kubernetes/operator/job.h"

#include <gmock/gmock.h>

#include "kubernetes/operator/keys.h"
#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using testing::StartsWith;

Migrator migrator_with(const char* spec) {
  Json object = Json::parse(R"({"metadata": {"name": "testing", "namespace": "default", "uid": "m1",
                                             "labels": {"team": "a"}}, "spec": {"selector": {}}})");
  object["spec"].update(Json::parse(spec));
  return read_migrator(object);
}

const Json kTemplate = Json::parse(R"({
  "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
  "spec": {
    "restartPolicy": "Always", "serviceAccountName": "app", "serviceAccount": "app", "nodeSelector": {"disk": "fast"},
    "affinity": {"x": 1}, "futureField": {"kept": true},
    "initContainers": [
      {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always", "ports": [{"containerPort": 1, "hostPort": 1}]},
      {"name": "migrate-wait-testing", "image": "operator:1"},
      {"name": "migrate-wait-other", "image": "operator:1"},
      {"name": "setup", "image": "setup:1"}],
    "containers": [
      {"name": "web", "image": "myapp:1", "command": ["serve"], "args": ["--fast"], "env": [{"name": "A", "value": "1"}],
       "resources": {"requests": {"cpu": "1"}}, "imagePullPolicy": "Always",
       "ports": [{"containerPort": 80, "hostPort": 8080, "name": "http"}],
       "livenessProbe": {}, "readinessProbe": {}, "startupProbe": {}, "lifecycle": {"preStop": {}},
       "volumeMounts": [{"name": "v", "mountPath": "/v"}], "terminationMessagePolicy": "File"},
      {"name": "sidecar", "image": "sidecar:1"}],
    "volumes": [{"name": "v", "emptyDir": {}}]}})");

Workload workload_of(const Json& pod_template) {
  Workload workload;
  workload.name = "Deployment/web";
  workload.pod_template = pod_template;
  return workload;
}

Json job_of(const char* spec, const Json& pod_template = kTemplate) {
  const Workload workload = workload_of(pod_template);
  return build_job(migrator_with(spec), {.identity = "myapp:1", .image = {}, .workload = &workload});
}

Json pod_of(const Json& job) {
  return job["spec"]["template"]["spec"];
}
Json container_of(const Json& job) {
  return pod_of(job)["containers"][0];
}

TEST(Job, C04_IsTheMigratorsAndRunsTheTemplatesImage) {
  const Json job = job_of("{}");
  EXPECT_EQ(job["apiVersion"], "batch/v1");
  EXPECT_EQ(job["kind"], "Job");
  EXPECT_EQ(job["metadata"]["name"], "testing-migrations");
  EXPECT_EQ(job["metadata"]["namespace"], "default");
  EXPECT_EQ(job["metadata"]["labels"], Json({{"team", "a"}}));
  EXPECT_EQ(job["metadata"]["ownerReferences"],
            Json::parse(R"([{"apiVersion": "migrations.coderanger.net/v1beta1", "kind": "Migrator", "name": "testing",
                             "uid": "m1", "controller": true, "blockOwnerDeletion": true}])"));
  EXPECT_EQ(pod_of(job)["containers"].size(), 1U);
  EXPECT_EQ(container_of(job)["name"], "migrations");
  EXPECT_EQ(job_image(job), "myapp:1");
}

TEST(Job, SaysWhatItMigratesToAndWhatItWasBuiltAs) {
  const Json job = job_of("{}");
  EXPECT_EQ(kubernetes::annotation(job, kIdentity), "myapp:1");
  EXPECT_EQ(kubernetes::annotation(job, kWorkload), "Deployment/web");
  EXPECT_EQ(kubernetes::annotation(job, kMigrator), "testing");
  EXPECT_EQ(kubernetes::annotation(job, kNote), "");
  EXPECT_EQ(job_config(job), job_config(job_of("{}")));
  EXPECT_NE(job_config(job), job_config(job_of(R"({"command": ["other"]})")));
  EXPECT_EQ(job_config(job), job_config(job_of(R"({"logTail": 5, "suspend": true})")));
}

TEST(Job, C10_TheImageOfTheSpecWins) {
  EXPECT_EQ(job_image(job_of(R"({"image": "other:1"})")), "other:1");
}

TEST(Job, C11_TheCommandOfTheSpecWins) {
  const Json container = container_of(job_of(R"({"command": ["run", "migrations"]})"));
  EXPECT_EQ(container["command"], Json({"run", "migrations"}));
  EXPECT_EQ(container["args"], Json({"--fast"}));
  EXPECT_EQ(container_of(job_of(R"({"command": []})"))["command"], Json::array());
}

TEST(Job, C12_TheArgsOfTheSpecWin) {
  const Json container = container_of(job_of(R"({"args": ["run", "migrations"]})"));
  EXPECT_EQ(container["command"], Json({"serve"}));
  EXPECT_EQ(container["args"], Json({"run", "migrations"}));
}

TEST(Job, C14_ItsPodsHaveTheLabelsOfTheSpecAndTheirOwn) {
  const Json labels = job_of(R"({"labels": {"key1": "value1"}})")["spec"]["template"]["metadata"]["labels"];
  EXPECT_EQ(labels, Json({{"key1", "value1"}, {"migrations", "testing"}}));
}

TEST(Job, C15_ItsPodsWaitForNothing) {
  const Json annotations = job_of("{}")["spec"]["template"]["metadata"]["annotations"];
  EXPECT_EQ(annotations["migrations.coderanger.net/no-wait"], "true");
  EXPECT_FALSE(annotations.contains("a"));
}

TEST(Job, C16_ItsPodsHaveTheAnnotationsOfTheSpec) {
  const Json annotations =
      job_of(R"({"annotations": {"key2": "value2"}})")["spec"]["template"]["metadata"]["annotations"];
  EXPECT_EQ(annotations["key2"], "value2");
  EXPECT_EQ(annotations["migrations.coderanger.net/no-wait"], "true");
  EXPECT_EQ(annotations["migrations.coderanger.net/migrator"], "testing");
}

TEST(Job, LeavesBehindWhatWouldKeepItFromStartingOrFromEnding) {
  const Json container = container_of(job_of("{}"));
  for (const char* gone : {"livenessProbe", "readinessProbe", "startupProbe", "lifecycle"})
    EXPECT_FALSE(container.contains(gone)) << gone;
  EXPECT_EQ(container["ports"], Json::parse(R"([{"containerPort": 80, "name": "http"}])"));
  EXPECT_EQ(pod_of(job_of("{}"))["restartPolicy"], "Never");
}

TEST(Job, OnTheHostsNetworkItHasNoPortsAtAll) {
  Json on_host = kTemplate;
  on_host["spec"]["hostNetwork"] = true;
  EXPECT_FALSE(container_of(job_of("{}", on_host)).contains("ports"));
}

TEST(Job, P0_7_NativeSidecarsStaySidecars) {
  const Json containers = pod_of(job_of("{}"))["initContainers"];
  ASSERT_EQ(containers.size(), 2U);
  EXPECT_EQ(containers[0]["name"], "proxy");
  EXPECT_EQ(containers[0]["restartPolicy"], "Always");
  EXPECT_FALSE(containers[0]["ports"][0].contains("hostPort"));
  EXPECT_EQ(containers[1]["name"], "setup");
}

TEST(Job, KeepsTheRestOfTheTemplateAsItStands) {
  const Json job = job_of("{}");
  EXPECT_EQ(pod_of(job)["futureField"], Json({{"kept", true}}));
  EXPECT_EQ(pod_of(job)["affinity"], Json({{"x", 1}}));
  EXPECT_EQ(pod_of(job)["serviceAccountName"], "app");
  EXPECT_EQ(pod_of(job)["volumes"], kTemplate["spec"]["volumes"]);
  EXPECT_EQ(container_of(job)["imagePullPolicy"], "Always");
  EXPECT_EQ(container_of(job)["resources"], kTemplate["spec"]["containers"][0]["resources"]);
  EXPECT_FALSE(job["spec"].contains("backoffLimit"));
  EXPECT_FALSE(job["spec"].contains("activeDeadlineSeconds"));
}

TEST(Job, P1_1_TakesTheLimitsOfTheSpec) {
  const Json job = job_of(R"({"backoffLimit": 0, "activeDeadlineSeconds": 300, "ttlSecondsAfterFinished": 60})");
  EXPECT_EQ(job["spec"]["backoffLimit"], 0);
  EXPECT_EQ(job["spec"]["activeDeadlineSeconds"], 300);
  EXPECT_FALSE(job["spec"].contains("ttlSecondsAfterFinished")) << "it could go before anybody has looked";
}

TEST(Job, TakesWhatTheSpecAdds) {
  const Json job = job_of(R"({
    "container": "sidecar", "resources": {"limits": {"cpu": "2"}}, "serviceAccountName": "migrations",
    "nodeSelector": {"zone": "a"}, "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}],
    "volumes": [{"name": "v", "secret": {}}, {"name": "w", "emptyDir": {}}],
    "volumeMounts": [{"name": "w", "mountPath": "/w"}]})");
  EXPECT_EQ(container_of(job)["image"], "sidecar:1");
  EXPECT_EQ(container_of(job)["resources"], Json({{"limits", {{"cpu", "2"}}}}));
  EXPECT_EQ(container_of(job)["env"].size(), 2U);
  EXPECT_EQ(container_of(job)["volumeMounts"], Json::parse(R"([{"name": "w", "mountPath": "/w"}])"));
  EXPECT_EQ(pod_of(job)["serviceAccountName"], "migrations");
  EXPECT_FALSE(pod_of(job).contains("serviceAccount"));
  EXPECT_EQ(pod_of(job)["nodeSelector"], Json({{"zone", "a"}}));
  EXPECT_EQ(pod_of(job)["volumes"], Json::parse(R"([{"name": "v", "secret": {}}, {"name": "w", "emptyDir": {}}])"));

  const Json over =
      job_of(R"({"env": [{"name": "A", "value": "2"}], "volumeMounts": [{"name": "x", "mountPath": "/v"}]})");
  EXPECT_EQ(container_of(over)["env"], Json::parse(R"([{"name": "A", "value": "2"}])"));
  EXPECT_EQ(container_of(over)["volumeMounts"], Json::parse(R"([{"name": "x", "mountPath": "/v"}])"));
}

TEST(Job, ItsLastWordsAreAskedForUnlessTheyAreNotWanted) {
  EXPECT_EQ(container_of(job_of("{}"))["terminationMessagePolicy"], "FallbackToLogsOnError");
  EXPECT_EQ(container_of(job_of(R"({"logTail": 0})"))["terminationMessagePolicy"], "File");
}

TEST(Job, ClaimsAreNoted) {
  Json with_claim = kTemplate;
  with_claim["spec"]["volumes"].push_back({{"name", "d"}, {"persistentVolumeClaim", {{"claimName", "d"}}}});
  EXPECT_THAT(kubernetes::annotation(job_of("{}", with_claim), kNote), StartsWith("Its pods mount claims"));
}

TEST(Job, RunsTheOrderedImage) {
  const Workload workload = workload_of(kTemplate);
  const JobOrder order{.identity = "sha256:ab", .image = "myapp@sha256:ab", .workload = &workload};
  EXPECT_EQ(job_image(build_job(migrator_with("{}"), order)), "myapp@sha256:ab");
  EXPECT_EQ(job_image(build_job(migrator_with(R"({"image": "other:1"})"), order)), "other:1");
}

TEST(Job, P1_11_EveryNameOfAMigratorGivesOne) {
  Migrator migrator = migrator_with("{}");
  migrator.name = std::string(253, 'a');
  const Workload workload = workload_of(kTemplate);
  const Json job = build_job(migrator, {.identity = "i", .image = {}, .workload = &workload});
  EXPECT_LE(kubernetes::name_of(job).size(), 63U);
  EXPECT_LE(field(job, "spec", "template", "metadata", "labels", "migrations").get<std::string>().size(), 63U);
}

}  // namespace
}  // namespace dunlin::manager
