#include "kubernetes/operator/database_order.h"

#include <gmock/gmock.h>

#include "dunlin/error.h"
#include "kubernetes/operator/files_identity.h"
#include "kubernetes/operator/job.h"
#include "support/scripted_server.h"
#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using testing::HasSubstr;

const DatabaseImages kImages{.admin = "dunlin:1", .helper = "dunlin-operator:1", .user = 65532};
const char* const kInMaps =
    R"({"database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}, "configMaps": ["one", "two"]}})";
const char* const kInImage =
    R"({"database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}, "image": "app:v1", "path": "/sql"}})";

Migrator migrator(const char* spec) {
  Json made = object("migrations.coderanger.net/v1beta1", "Migrator", "testing");
  made["spec"] = Json::parse(spec);
  Migrator read = read_migrator(made);
  EXPECT_EQ(read.problems.size(), 0U);
  return read;
}

class Ordering : public testing::Test {
 protected:
  DatabaseOrder order(const char* spec, const DatabaseImages& images = kImages) {
    kubernetes::ApiClient api({.server = server_.url()}, {.user_agent = "x"});
    return order_database(migrator(spec), images, api, net::Patience::of(std::chrono::seconds(60)));
  }

  std::map<std::string, ScriptedServer::Reply> config_maps_;
  ScriptedServer server_{[this](const auto& request, int) {
    const std::string name = request.line().substr(request.line().rfind('/') + 1);
    return config_maps_.contains(name) ? config_maps_.at(name)
                                       : ScriptedServer::answer(404, R"({"kind": "Status", "code": 404})");
  }};
};

TEST_F(Ordering, OfSeveralConfigMapsTheLaterCounts) {
  config_maps_["one"] = ScriptedServer::answer(200, R"({"data": {"1.sql": "old", "2.sql": "b"}})");
  config_maps_["two"] = ScriptedServer::answer(200, R"({"data": {"1.sql": "new"}, "binaryData": {"3.sql": "Yw=="}})");
  EXPECT_EQ(order(kInMaps).identity, files_identity({{"1.sql", "new"}, {"2.sql", "b"}, {"3.sql", "c"}}) + "@db/url");
}

TEST_F(Ordering, AConfigMapThatIsNotThereIsAProblem) {
  config_maps_["one"] = ScriptedServer::answer(200, R"({"data": {"1.sql": "a"}})");
  EXPECT_EQ(order(kInMaps).problem, "spec.database.configMaps: there is no ConfigMap default/two");
}

TEST_F(Ordering, ConfigMapsWithoutAFileAreAProblem) {
  config_maps_["one"] = config_maps_["two"] = ScriptedServer::answer(200, R"({"data": null})");
  EXPECT_EQ(order(kInMaps).problem, "spec.database.configMaps: there is no file in them");
}

TEST_F(Ordering, WhatMayNotBeReadIsAProblem) {
  config_maps_["one"] = ScriptedServer::answer(403, R"({"kind": "Status", "code": 403, "message": "forbidden"})");
  EXPECT_THAT(order(kInMaps).problem, HasSubstr("ConfigMap default/one: forbidden (403)"));
}

TEST_F(Ordering, AnApiServerInTroubleIsTriedAgain) {
  config_maps_["one"] = ScriptedServer::answer(500, R"({"kind": "Status", "code": 500})");
  EXPECT_THROW(order(kInMaps), Failure);
}

TEST_F(Ordering, WithoutTheAdminImageNothingCanRun) {
  EXPECT_THAT(order(kInImage, {}).problem, HasSubstr("--admin-image"));
}

TEST_F(Ordering, TheUrlGoesIntoTheContainerThatMigratesOnly) {
  const DatabaseOrder ordered = order(kInImage);
  EXPECT_EQ(ordered.identity, "app:v1:/sql@db/url");
  const Json job =
      build_job(migrator(kInImage), {.identity = ordered.identity, .image = {}, .workload = &ordered.workload});
  const Json& spec = job["spec"]["template"]["spec"];
  EXPECT_EQ(spec["containers"].size(), 1U);
  const Json& container = spec["containers"][0];
  EXPECT_EQ(container["name"], kMigrationContainer);
  EXPECT_EQ(container["image"], "dunlin:1");
  EXPECT_EQ(container["env"][0], Json::parse(R"({"name": "MIGRATION_DATABASE_URL",
                                                 "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}})"));
  EXPECT_THAT(spec["initContainers"].dump(), testing::Not(HasSubstr("secretKeyRef")));
  EXPECT_TRUE(server_.requests().empty()) << "nobody asked for the Secret";
}

TEST_F(Ordering, AnImageRunsOurProgramAndNothingOfItsOwn) {
  const Json spec = order(kInImage).workload.pod_template["spec"];
  const Json& install = spec["initContainers"][0];
  const Json& copy = spec["initContainers"][1];
  EXPECT_EQ(install["image"], "dunlin-operator:1");
  EXPECT_EQ(copy["image"], "app:v1");
  EXPECT_EQ(copy["command"][0], install["command"][2]);
  EXPECT_EQ(copy["command"][2], "/sql");
  // What is copied is mounted where the admin image looks.
  EXPECT_EQ(copy["volumeMounts"][1]["name"], spec["containers"][0]["volumeMounts"][0]["name"]);
  EXPECT_EQ(spec["containers"][0]["volumeMounts"][0]["mountPath"], "/app/migrations");
}

TEST_F(Ordering, AJobTakesTheFilesThatItIsFor) {
  config_maps_["one"] = config_maps_["two"] = ScriptedServer::answer(200, R"({"data": {"1.sql": "a"}})");
  const DatabaseOrder ordered = order(kInMaps);
  const Json& spec = ordered.workload.pod_template["spec"];
  EXPECT_EQ(spec["initContainers"][0]["command"],
            Json({"/dunlin-operator", "collect", "--identity", files_identity({{"1.sql", "a"}}),
                  "/dunlin/config-maps/0", "/dunlin/config-maps/1", "/dunlin/migrations"}));
  EXPECT_EQ(spec["volumes"][1]["configMap"]["name"], "one");
  EXPECT_EQ(spec["volumes"][2]["configMap"]["name"], "two");
}

TEST_F(Ordering, AnImageOfTheAuthorsTakesTheAdminImagesPlace) {
  Json spec = Json::parse(kInImage);
  spec["image"] = "mine:1";
  const DatabaseOrder ordered = order(spec.dump().c_str(), {});
  EXPECT_EQ(ordered.problem, "");
  const Json job = build_job(migrator(spec.dump().c_str()),
                             {.identity = ordered.identity, .image = {}, .workload = &ordered.workload});
  EXPECT_EQ(job_image(job), "mine:1");
}

TEST_F(Ordering, AnotherVersionOfTheOperatorIsNotAnotherSpec) {
  const auto config = [this](const char* spec, const DatabaseImages& images) {
    const DatabaseOrder ordered = order(spec, images);
    return job_config(
        build_job(migrator(spec), {.identity = ordered.identity, .image = {}, .workload = &ordered.workload}));
  };
  const std::string before = config(kInImage, kImages);
  const std::string after = config(kInImage, {.admin = "dunlin:2", .helper = "dunlin-operator:2", .user = 1});
  EXPECT_NE(before, after);
  EXPECT_EQ(authors_config(before), authors_config(after));
  Json changed = Json::parse(kInImage);
  changed["args"] = {"migrate", "--lock-timeout=1m"};
  EXPECT_NE(authors_config(config(changed.dump().c_str(), kImages)), authors_config(before));
}

TEST_F(Ordering, EveryContainerPassesTheRestrictedStandard) {
  const Json spec = order(kInImage).workload.pod_template["spec"];
  EXPECT_EQ(spec["securityContext"]["runAsUser"], 65532);
  for (const char* kind : {"initContainers", "containers"}) {
    for (const Json& container : spec[kind]) {
      EXPECT_EQ(container["securityContext"], Json::parse(R"({
          "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
          "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}})"));
    }
  }
  DatabaseImages images = kImages;
  images.user.reset();
  EXPECT_FALSE(order(kInImage, images).workload.pod_template["spec"]["securityContext"].contains("runAsUser"));
}

}  // namespace
}  // namespace dunlin::manager
