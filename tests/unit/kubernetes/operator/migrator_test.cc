#include "kubernetes/operator/migrator.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using testing::ElementsAre;
using testing::IsEmpty;

Migrator with_spec(const char* spec) {
  return read_migrator(Json{{"metadata", {{"name", "shop"}}}, {"spec", Json::parse(spec)}});
}

// Of a Migrator whose selector is in order.
std::vector<std::string> problems_of(const char* spec) {
  Json object = Json::parse(spec);
  object["selector"] = Json::object();
  return read_migrator(Json{{"spec", object}}).problems;
}

TEST(Migrator, IsWhatMigrationsOperatorMakesOfItUnlessToldOtherwise) {
  const Migrator migrator = with_spec(R"({"selector": {"matchLabels": {"app": "web"}}})");
  EXPECT_THAT(migrator.problems, IsEmpty());
  EXPECT_TRUE(migrator.selects({{"app", "web"}}));
  EXPECT_FALSE(migrator.selects({{"app", "api"}}));
  const MigratorSpec& spec = migrator.spec;
  EXPECT_TRUE(spec.template_selector.matches({}));
  EXPECT_EQ(spec.command, std::nullopt);
  EXPECT_EQ(spec.args, std::nullopt);
  EXPECT_EQ(spec.image, "");
  EXPECT_EQ(spec.container, "");
  EXPECT_EQ(spec.backoff_limit, std::nullopt);
  EXPECT_EQ(spec.active_deadline_seconds, std::nullopt);
  EXPECT_EQ(spec.ttl_after_finished.count(), 0);
  EXPECT_EQ(spec.trigger, Trigger::image);
  EXPECT_EQ(spec.rollback_policy, RollbackPolicy::skip);
  EXPECT_FALSE(spec.suspend);
  EXPECT_FALSE(spec.supersede);
  EXPECT_EQ(spec.log_tail, 10);
  EXPECT_EQ(spec.contract_after, std::chrono::minutes(10));
}

TEST(Migrator, AnAbsentCommandIsInheritedAndAnEmptyOneClears) {
  EXPECT_EQ(with_spec(R"({"selector": {}, "command": null})").spec.command, std::nullopt);
  EXPECT_EQ(with_spec(R"({"selector": {}, "command": []})").spec.command, std::vector<std::string>{});
  EXPECT_THAT(*with_spec(R"({"selector": {}, "args": ["a", "b"]})").spec.args, ElementsAre("a", "b"));
}

TEST(Migrator, SaysAllThatItsAuthorCanSay) {
  const Migrator migrator = with_spec(R"({
    "selector": {}, "templateSelector": {"matchLabels": {"app": "two"}}, "image": "other:1", "container": "web",
    "labels": {"a": "b"}, "annotations": {"c": "d"}, "backoffLimit": 0, "activeDeadlineSeconds": 300,
    "ttlSecondsAfterFinished": 60, "resources": {"limits": {"cpu": "1"}}, "serviceAccountName": "migrations",
    "env": [{"name": "A", "value": "1"}], "volumes": [{"name": "v", "emptyDir": {}}],
    "volumeMounts": [{"name": "v", "mountPath": "/v"}], "nodeSelector": {"disk": "fast"}, "suspend": true,
    "lockGroup": "main", "supersede": true, "logTail": 0, "rollbackPolicy": "block", "trigger": "digest",
    "contractCommand": ["contract"], "contractAfter": "1h30m", "contract": "manual",
    "database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}, "configMaps": ["one", "two"]}})");
  EXPECT_THAT(migrator.problems, ElementsAre("spec.container: has no meaning with spec.database",
                                             "spec.templateSelector: has no meaning with spec.database",
                                             "spec.trigger: has no meaning with spec.database"));
  const MigratorSpec& spec = migrator.spec;
  EXPECT_TRUE(spec.template_selector.matches({{"app", "two"}}));
  EXPECT_FALSE(spec.template_selector.matches({}));
  EXPECT_EQ(spec.image, "other:1");
  EXPECT_EQ(spec.container, "web");
  EXPECT_EQ(spec.labels.at("a"), "b");
  EXPECT_EQ(spec.annotations.at("c"), "d");
  EXPECT_EQ(spec.backoff_limit, 0);
  EXPECT_EQ(spec.active_deadline_seconds, 300);
  EXPECT_EQ(spec.ttl_after_finished, std::chrono::minutes(1));
  EXPECT_EQ(spec.resources["limits"]["cpu"], "1");
  EXPECT_EQ(spec.service_account_name, "migrations");
  EXPECT_EQ(spec.env[0]["value"], "1");
  EXPECT_EQ(spec.volumes[0]["name"], "v");
  EXPECT_EQ(spec.volume_mounts[0]["mountPath"], "/v");
  EXPECT_EQ(spec.node_selector->at("disk"), "fast");
  EXPECT_TRUE(spec.suspend);
  EXPECT_EQ(spec.lock_group, "main");
  EXPECT_TRUE(spec.supersede);
  EXPECT_EQ(spec.log_tail, 0);
  EXPECT_EQ(spec.rollback_policy, RollbackPolicy::block);
  EXPECT_EQ(spec.trigger, Trigger::digest);
  EXPECT_THAT(*spec.contract_command, ElementsAre("contract"));
  EXPECT_EQ(spec.contract_after, std::chrono::minutes(90));
  EXPECT_TRUE(spec.contract_by_hand);
  EXPECT_EQ(spec.database->secret, "db");
  EXPECT_EQ(spec.database->key, "url");
  EXPECT_THAT(spec.database->config_maps, ElementsAre("one", "two"));
}

TEST(Migrator, WithoutASelectorItMatchesNothing) {
  const Migrator missing = with_spec("{}");
  EXPECT_THAT(missing.problems, ElementsAre("spec.selector: must be given"));
  EXPECT_FALSE(missing.selects({}));
  const Migrator wrong = with_spec(R"({"selector": {"matchLabels": ["app"]}})");
  EXPECT_THAT(wrong.problems, ElementsAre("spec.selector.matchLabels: must be a map of strings"));
  EXPECT_FALSE(wrong.selects({}));
}

TEST(Migrator, SaysWhichFieldIsWrongAndWhatIsAllowed) {
  EXPECT_THAT(problems_of(R"({"trigger": "tag"})"),
              ElementsAre("spec.trigger: \"tag\" is not one of image, template, digest"));
  EXPECT_THAT(problems_of(R"({"rollbackPolicy": "no"})"),
              ElementsAre("spec.rollbackPolicy: \"no\" is not one of skip, run, block"));
  EXPECT_THAT(problems_of(R"({"contract": "never"})"),
              ElementsAre("spec.contract: \"never\" is not one of automatic, manual"));
  EXPECT_THAT(problems_of(R"({"contractAfter": "soon"})"),
              ElementsAre("spec.contractAfter: \"soon\" is no duration such as 90s, 10m or 1h30m"));
  EXPECT_THAT(problems_of(R"({"backoffLimit": -1})"),
              ElementsAre("spec.backoffLimit: must be a whole number of at least 0"));
  EXPECT_THAT(problems_of(R"({"activeDeadlineSeconds": 0})"),
              ElementsAre("spec.activeDeadlineSeconds: must be a whole number of at least 1"));
  EXPECT_THAT(problems_of(R"({"logTail": "5"})"), ElementsAre("spec.logTail: must be a whole number of at least 0"));
  EXPECT_THAT(problems_of(R"({"suspend": "yes"})"), ElementsAre("spec.suspend: must be true or false"));
  EXPECT_THAT(problems_of(R"({"image": 5})"), ElementsAre("spec.image: must be a string"));
  EXPECT_THAT(problems_of(R"({"command": "migrate"})"), ElementsAre("spec.command: must be a list of strings"));
  EXPECT_THAT(problems_of(R"({"nodeSelector": {"a": 1}})"), ElementsAre("spec.nodeSelector: must be a map of strings"));
  EXPECT_THAT(problems_of(R"({"resources": []})"), ElementsAre("spec.resources: must be an object"));
  EXPECT_THAT(problems_of(R"({"env": {}})"), ElementsAre("spec.env: must be a list"));
  EXPECT_THAT(problems_of(R"({"volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "w"}]})"),
              ElementsAre("spec.volumeMounts[1].mountPath: must be given"));
  EXPECT_THAT(problems_of(R"({"templateSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}})"),
              ElementsAre("spec.templateSelector.matchExpressions[0].operator: \"Is\" is not one of In, NotIn, Exists, "
                          "DoesNotExist"));
  EXPECT_THAT(problems_of(R"({"database": {"urlFrom": {"secretKeyRef": {"name": "db"}}, "image": "i", "path": "m"}})"),
              ElementsAre("spec.database.urlFrom.secretKeyRef.key: must be given",
                          "spec.database.path: must be the absolute path of a directory of the image"));
  EXPECT_THAT(problems_of(R"({"database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}}})"),
              ElementsAre("spec.database: must have either configMaps or an image"));
  EXPECT_THAT(problems_of(R"({"contractCommand": []})"), ElementsAre("spec.contractCommand: must not be empty"));
}

TEST(Migrator, WithADatabaseNeedsNoSelector) {
  Json object{{"spec", Json::parse(R"({"database": {"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}},
                                                    "image": "app:v1", "path": "/sql"}})")}};
  const Migrator migrator = read_migrator(object);
  EXPECT_THAT(migrator.problems, IsEmpty());
  EXPECT_FALSE(migrator.selects({}));
}

TEST(Migrator, ReadsWhatItsObjectSaysOfItself) {
  const Migrator migrator = read_migrator(Json::parse(R"({
    "metadata": {"name": "shop", "namespace": "prod", "uid": "m1", "resourceVersion": "9", "generation": 3,
                 "creationTimestamp": "2026-01-01T10:00:00Z", "deletionTimestamp": "2026-01-02T10:00:00Z",
                 "labels": {"team": "a"},
                 "annotations": {"migrations.coderanger.net/retry": "7", "controller-utils/skip-reconcile": "true"}},
    "spec": {"selector": {}}})"));
  EXPECT_EQ(migrator.namespace_name, "prod");
  EXPECT_EQ(migrator.uid, "m1");
  EXPECT_EQ(migrator.resource_version, "9");
  EXPECT_EQ(migrator.generation, 3);
  EXPECT_EQ(migrator.created, kubernetes::parse_time("2026-01-01T10:00:00Z"));
  EXPECT_EQ(migrator.labels.at("team"), "a");
  EXPECT_EQ(migrator.retry, "7");
  EXPECT_TRUE(migrator.being_deleted);
  EXPECT_TRUE(migrator.skipped);
}

}  // namespace
}  // namespace dunlin::manager
