#include "kubernetes/operator/injection.h"

#include <gmock/gmock.h>

#include "kubernetes/client/names.h"
#include "kubernetes/operator/pod_view.h"

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using testing::StartsWith;

const char* const kHost = "migrations-operator.migration-operator.svc";

Migrator migrator_named(const std::string& name, const char* spec = "{}") {
  Json object{{"metadata", {{"name", name}, {"namespace", "default"}}},
              {"spec", {{"selector", {{"matchLabels", {{"app", "testing"}}}}}}}};
  object["spec"].update(Json::parse(spec));
  return read_migrator(object);
}

Json pod_with(const char* spec = R"({"containers": [{"name": "main", "image": "fake"}]})") {
  return {{"metadata", {{"generateName", "testing-"}, {"labels", {{"app", "testing"}}}}}, {"spec", Json::parse(spec)}};
}

AdmissionAnswer ask(const Json& pod, const std::vector<Migrator>& migrators, const char* operation = "CREATE",
                    WaiterOptions options = {}) {
  options.image = "waiter:latest";
  options.host = kHost;
  std::vector<const Migrator*> pointers;
  for (const Migrator& migrator : migrators) pointers.push_back(&migrator);
  return inject({.api_version = "admission.k8s.io/v1",
                 .uid = "u1",
                 .operation = operation,
                 .namespace_name = "default",
                 .object = pod},
                pointers, options);
}

// The pod as the API server makes it.
Json created(const Json& pod, const std::vector<Migrator>& migrators, const WaiterOptions& options = {}) {
  const AdmissionAnswer answer = ask(pod, migrators, "CREATE", options);
  EXPECT_TRUE(answer.allowed);
  return answer.patch.is_null() ? pod : pod.patch(answer.patch);
}

Json init_containers(const Json& pod) {
  return pod["spec"].value("initContainers", Json::array());
}
Json names(const Json& containers) {
  Json all = Json::array();
  for (const Json& container : containers) all.push_back(container["name"]);
  return all;
}

TEST(Injection, W01_WithoutAMigratorNothingIsPutIn) {
  EXPECT_EQ(created(pod_with(), {}), pod_with());
  EXPECT_EQ(ask(pod_with(), {}).reason, "no migrators");
}

TEST(Injection, W02_WithoutAMigratorInitContainersStayAsTheyAre) {
  const Json pod =
      pod_with(R"({"containers": [{"name": "main", "image": "fake"}], "initContainers": [{"name": "a"}]})");
  EXPECT_EQ(created(pod, {}), pod);
}

TEST(Injection, W03_APodThatAMigratorSelectsGetsAWaiter) {
  const AdmissionAnswer answer = ask(pod_with(), {migrator_named("testing")});
  EXPECT_EQ(answer.code, 200);
  EXPECT_EQ(answer.reason, "injecting init containers");
  const Json containers = init_containers(created(pod_with(), {migrator_named("testing")}));
  ASSERT_EQ(containers.size(), 1U);
  EXPECT_EQ(containers[0]["name"], "migrate-wait-testing");
  EXPECT_EQ(containers[0]["image"], "waiter:latest");
  EXPECT_EQ(containers[0]["command"], Json({"/waiter", "fake", "default", "testing", kHost}));
}

std::string awaited_image(const char* migrator_spec, const char* pod_spec) {
  return init_containers(created(pod_with(pod_spec), {migrator_named("testing", migrator_spec)}))[0]["command"][1];
}

TEST(Injection, W04_TheNamedContainerIsWhatCounts) {
  EXPECT_EQ(awaited_image(R"({"container": "second"})",
                          R"({"containers": [{"name": "main", "image": "fake"}, {"name": "second", "image": "foo"}]})"),
            "foo");
}

TEST(Injection, W05_WhereTheNamedContainerIsMissingTheFirstCounts) {
  EXPECT_EQ(awaited_image(R"({"container": "second"})", R"({"containers": [{"name": "main", "image": "fake"}]})"),
            "fake");
}

TEST(Injection, W06_WithoutANameTheFirstCounts) {
  EXPECT_EQ(
      awaited_image("{}", R"({"containers": [{"name": "main", "image": "fake"}, {"name": "second", "image": "foo"}]})"),
      "fake");
}

TEST(Injection, W07_APodThatIsNotSelectedGetsNone) {
  Json pod = pod_with();
  pod["metadata"]["labels"]["app"] = "other";
  EXPECT_EQ(created(pod, {migrator_named("testing")}), pod);
}

TEST(Injection, W08_APodThatRequiresAMigratorIsDeniedWithoutOne) {
  Json pod = pod_with();
  pod["metadata"]["annotations"] = {{"migrations.coderanger.net/required", "true"}};
  const AdmissionAnswer answer = ask(pod, {});
  EXPECT_FALSE(answer.allowed);
  EXPECT_EQ(answer.code, 500);
  EXPECT_EQ(answer.message, "no migrators found matching pod");
  EXPECT_TRUE(ask(pod, {migrator_named("testing")}).allowed);
}

TEST(Injection, W09_NativeSidecarsStaySidecars) {
  const Json pod = pod_with(R"({"containers": [{"name": "main", "image": "fake"}],
                                "initContainers": [{"name": "proxy", "restartPolicy": "Always", "new": {"field": 1}}]})");
  const Json containers = init_containers(created(pod, {migrator_named("testing")}));
  EXPECT_EQ(containers[0], Json::parse(R"({"name": "proxy", "restartPolicy": "Always", "new": {"field": 1}})"));
}

TEST(Injection, P1_6_TheWaiterIsFirstButBehindTheSidecarsThatAre) {
  const Json pod = pod_with(R"({"containers": [{"name": "main", "image": "fake"}],
      "initContainers": [{"name": "proxy", "restartPolicy": "Always"}, {"name": "setup"},
                         {"name": "late", "restartPolicy": "Always"}]})");
  const Json made = created(pod, {migrator_named("b"), migrator_named("a")});
  EXPECT_EQ(names(init_containers(made)), Json({"proxy", "migrate-wait-a", "migrate-wait-b", "setup", "late"}));
  const Json plain =
      pod_with(R"({"containers": [{"name": "main", "image": "fake"}], "initContainers": [{"name": "setup"}]})");
  EXPECT_EQ(names(init_containers(created(plain, {migrator_named("a")}))), Json({"migrate-wait-a", "setup"}));
}

TEST(Injection, P0_1_AnUpdateIsNeverTouched) {
  for (const char* operation : {"UPDATE", "DELETE", "CONNECT"}) {
    const AdmissionAnswer answer = ask(pod_with(), {migrator_named("testing")}, operation);
    EXPECT_TRUE(answer.allowed) << operation;
    EXPECT_TRUE(answer.patch.is_null()) << operation;
  }
}

TEST(Injection, P0_1_WhoIsAskedAgainAddsNothing) {
  const Json once = created(pod_with(), {migrator_named("a")});
  EXPECT_EQ(created(once, {migrator_named("a")}), once);
  EXPECT_EQ(names(init_containers(created(once, {migrator_named("a"), migrator_named("b")}))),
            Json({"migrate-wait-b", "migrate-wait-a"}));
}

TEST(Injection, P1_11_EveryNameOfAMigratorGivesAContainerName) {
  for (const std::string& name : {std::string("a.b"), std::string(253, 'a')}) {
    const Json container = init_containers(created(pod_with(), {migrator_named(name)}))[0];
    EXPECT_TRUE(kubernetes::is_dns_label(container["name"].get<std::string>())) << name;
    EXPECT_EQ(container["command"][3], name);
  }
}

TEST(Injection, P1_7_AMigratorThatIsAboutToGoIsNotWaitedFor) {
  Migrator going = migrator_named("testing");
  going.being_deleted = true;
  EXPECT_TRUE(ask(pod_with(), {going}).patch.is_null());
}

TEST(Injection, WhoNeedNotWaitDoesNot) {
  Json pod = pod_with();
  pod["metadata"]["annotations"] = {{"migrations.coderanger.net/no-wait", "true"}};
  const AdmissionAnswer answer = ask(pod, {migrator_named("testing")});
  EXPECT_TRUE(answer.patch.is_null());
  EXPECT_EQ(answer.reason, "skipping migration wait due to annotation");

  pod["metadata"]["annotations"] = {{"kubernetes.io/config.mirror", "x"}};
  EXPECT_TRUE(ask(pod, {migrator_named("testing")}).patch.is_null());
}

TEST(Injection, AMigrationDoesNotWaitForItself) {
  Json pod = pod_with();
  pod["metadata"]["annotations"] = {{"migrations.coderanger.net/migrator", "testing"},
                                    {"migrations.coderanger.net/no-wait", "false"}};
  EXPECT_TRUE(ask(pod, {migrator_named("testing")}).patch.is_null());
  EXPECT_FALSE(ask(pod, {migrator_named("other")}).patch.is_null());
}

TEST(Injection, P2_TheWaiterPassesTheRestrictedStandardAndAQuota) {
  const Json container = init_containers(created(pod_with(), {migrator_named("testing")}))[0];
  EXPECT_EQ(container["securityContext"],
            Json::parse(R"({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
                            "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}})"));
  EXPECT_EQ(container["resources"]["requests"], container["resources"]["limits"]);
  EXPECT_TRUE(container["resources"]["limits"].contains("cpu"));
  EXPECT_TRUE(container["resources"]["limits"].contains("memory"));
  EXPECT_EQ(container["imagePullPolicy"], "IfNotPresent");
}

TEST(Injection, TheWaiterIsNotRootInAPodThatIs) {
  const Json pod =
      pod_with(R"({"securityContext": {"runAsUser": 0}, "containers": [{"name": "main", "image": "fake"}]})");
  EXPECT_EQ(init_containers(created(pod, {migrator_named("testing")}))[0]["securityContext"]["runAsUser"], 65532);
  WaiterOptions mesh;
  mesh.run_as_user = 1337;
  EXPECT_EQ(init_containers(created(pod, {migrator_named("testing")}, mesh))[0]["securityContext"]["runAsUser"], 1337);
}

TEST(Injection, WhatIsNewStandsBehindTheFourArguments) {
  WaiterOptions options;
  options.arguments = {"--timeout=10m"};
  options.token = [](const Migrator& migrator, const std::string& identity) { return migrator.name + "/" + identity; };
  const Json pod = pod_with(R"({"containers": [{"name": "main", "image": "app:1@sha256:ab"}]})");
  const Json made = created(pod, {migrator_named("testing", R"({"trigger": "digest"})")}, options);
  EXPECT_EQ(init_containers(made)[0]["command"],
            Json({"/waiter", "app:1@sha256:ab", "default", "testing", kHost, "--identity=sha256:ab",
                  "--token=testing/sha256:ab", "--timeout=10m"}));
  EXPECT_EQ(read_pod(made).waiter_for("testing")->identity, "sha256:ab") << "and is understood again";
}

TEST(Injection, ByTemplateItAsksForTheTemplate) {
  const Json made = created(pod_with(), {migrator_named("testing", R"({"trigger": "template"})")});
  EXPECT_THAT(init_containers(made)[0]["command"][5].get<std::string>(), StartsWith("--identity=fake@"));
}

TEST(Injection, AMigratorThatIsOtherwiseWrongHoldsItsPodsBack) {
  EXPECT_FALSE(ask(pod_with(), {migrator_named("testing", R"({"backoffLimit": -1})")}).patch.is_null());
}

TEST(Injection, StrangePodsAreLetThrough) {
  for (const char* strange : {"null", "7", "{}", R"({"metadata": {"labels": 7}})"})
    EXPECT_TRUE(ask(Json::parse(strange), {migrator_named("testing")}).patch.is_null()) << strange;
}

TEST(Injection, WhereTheCacheMayBeWrongItSaysSo) {
  const auto by_none = [](const Json& pod, const std::vector<Migrator>& migrators, const char* operation = "CREATE") {
    std::vector<const Migrator*> pointers;
    for (const Migrator& migrator : migrators) pointers.push_back(&migrator);
    return selected_by_none({.operation = operation, .object = pod}, pointers);
  };
  EXPECT_TRUE(by_none(pod_with(), {}));
  EXPECT_FALSE(by_none(pod_with(), {migrator_named("testing")}));
  EXPECT_FALSE(by_none(pod_with(), {}, "UPDATE"));
  Json exempt = pod_with();
  exempt["metadata"]["annotations"] = {{"migrations.coderanger.net/no-wait", "true"}};
  EXPECT_FALSE(by_none(exempt, {}));
}

TEST(Injection, AnEmptyTokenIsNone) {
  WaiterOptions options;
  options.token = [](const Migrator&, const std::string&) { return std::string(); };
  EXPECT_EQ(init_containers(created(pod_with(), {migrator_named("testing")}, options))[0]["command"].size(), 5U);
}

}  // namespace
}  // namespace dunlin::manager
