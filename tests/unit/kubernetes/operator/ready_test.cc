#include "kubernetes/operator/ready.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using kubernetes::Json;

const char* const kQuestion =
    R"({"targetImage": "myapp:v1", "migratorNamespace": "default", "migratorName": "testing"})";

Migrator migrated_to(const char* image) {
  return read_migrator(Json{{"metadata", {{"name", "testing"}, {"namespace", "default"}}},
                            {"spec", {{"selector", Json::object()}}},
                            {"status", {{"lastSuccessfulMigration", image}}}});
}

const ReadyTokens kTokens("key");

net::HttpResponse ask(const std::string& body, const Migrator* migrator, bool gone = false,
                      const char* path = "/api/ready") {
  const auto read = read_ready_question(path, body, kTokens);
  if (const auto* refusal = std::get_if<net::HttpResponse>(&read)) return *refusal;
  const auto& question = std::get<ReadyQuestion>(read);
  const bool meant = question.namespace_name == "default" && question.migrator == "testing";
  return answer_ready(question, meant ? migrator : nullptr, gone);
}

std::string proven(const std::string& identity) {
  Json question = Json::parse(kQuestion);
  question["identity"] = identity;
  question["token"] = kTokens.token("default", "testing", identity);
  return question.dump();
}

void expect_answer(const net::HttpResponse& response, unsigned status, const char* body) {
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.body, body);
}

TEST(Ready, H01_EveryOtherPathIsNotFound) {
  EXPECT_EQ(ask("", nullptr, false, "/").status, 404U);
  EXPECT_EQ(ask(kQuestion, nullptr, false, "/api/ready/").status, 404U);
}

TEST(Ready, R01_AnUnknownMigratorIsNotReady) {
  expect_answer(ask(kQuestion, nullptr), 200, "false");
  expect_answer(ask("{}", nullptr), 200, "false");
}

TEST(Ready, R02_TheImageThatWasMigratedToIsReady) {
  const Migrator migrator = migrated_to("myapp:v1");
  expect_answer(ask(kQuestion, &migrator), 200, "true");
}

TEST(Ready, R03_AnotherImageIsNotReady) {
  const Migrator migrator = migrated_to("myapp:v2");
  expect_answer(ask(kQuestion, &migrator), 200, "false");
}

TEST(Ready, P0_3_EveryImageThatWasMigratedToIsReady) {
  Migrator migrator = migrated_to("myapp:v2");
  migrator.status.migrated.push_back({.identity = "myapp:v1", .image = "myapp:v1"});
  expect_answer(ask(kQuestion, &migrator), 200, "true");
}

TEST(Ready, WhatCannotBeReadIsABadRequest) {
  for (const char* body :
       {"", "{", "7", "[]", R"({"targetImage": 7})", R"({"migratorName": {}})", R"({"token": []})", "\xff"}) {
    const net::HttpResponse response = ask(body, nullptr);
    EXPECT_EQ(response.status, 400U) << body;
    EXPECT_EQ(response.body.back(), '\n') << body;
  }
}

TEST(Ready, TheIdentityGoesBeforeTheImage) {
  const Migrator migrator = migrated_to("myapp:v1@0011");
  Json question = Json::parse(kQuestion);
  expect_answer(ask(question.dump(), &migrator), 200, "false");
  question["identity"] = "myapp:v1@0011";
  expect_answer(ask(question.dump(), &migrator), 200, "true");
  question["identity"] = "myapp:v1@0022";
  expect_answer(ask(question.dump(), &migrator), 200, "false");
}

TEST(Ready, AWholeReferenceIsReadyByItsDigest) {
  Migrator migrator = migrated_to("sha256:ab");
  Json question = Json::parse(kQuestion);
  question["targetImage"] = "myapp:v1@sha256:ab";
  expect_answer(ask(question.dump(), &migrator), 200, "false");
  migrator.spec.trigger = Trigger::digest;
  expect_answer(ask(question.dump(), &migrator), 200, "true");
}

TEST(Ready, P1_7_WhoProvesThatItMayAskIsToldThatTheMigratorIsGone) {
  expect_answer(ask(proven("myapp:v1"), nullptr, true), 410, "false");
  Json question = Json::parse(proven("myapp:v1"));
  question["identity"] = "myapp:v2";
  expect_answer(ask(question.dump(), nullptr, true), 200, "false");
  question.erase("token");
  expect_answer(ask(question.dump(), nullptr, true), 200, "false");
  expect_answer(ask(kQuestion, nullptr, true), 200, "false");
}

TEST(Ready, WhoProvesThatItMayAskIsToldWhyItWaits) {
  Migrator migrator = migrated_to("myapp:v1");
  expect_answer(ask(proven("myapp:v1"), &migrator), 200, "true");
  const auto told = [&](const std::string& identity, const Migrator* of) {
    const net::HttpResponse response = ask(proven(identity), of);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.content_type, "application/json");
    return Json::parse(response.body);
  };
  EXPECT_EQ(told("myapp:v2", nullptr)["reason"], "Unknown");
  EXPECT_EQ(told("myapp:v2", &migrator)["reason"], "Unknown");

  migrator.status.conditions = Conditions::read(Json::parse(R"([{"type": "MigrationsReady", "status": "False",
      "reason": "MigrationsFailed", "message": "exit code 1"}])"));
  EXPECT_EQ(told("myapp:v2", &migrator),
            Json({{"ready", false}, {"reason", "MigrationsFailed"}, {"message", "exit code 1"}}));
  Json question = Json::parse(proven("myapp:v2"));
  question["token"] = kTokens.token("default", "testing", "myapp:v3");
  expect_answer(ask(question.dump(), &migrator), 200, "false");

  migrator.status.conditions = Conditions::read(Json::parse(R"([{"type": "MigrationsReady", "status": "True",
      "reason": "MigrationsUpToDate", "message": "Migration myapp:v1 already run"}])"));
  EXPECT_EQ(told("myapp:v2", &migrator),
            Json({{"ready", false},
                  {"reason", "OtherIdentity"},
                  {"message", "myapp:v2 is not among what was migrated to; Migration myapp:v1 already run"}}));
}

TEST(Ready, TheTargetImageIsTheIdentityWhereThereIsNone) {
  Json question = Json::parse(kQuestion);
  question["token"] = kTokens.token("default", "testing", "myapp:v1");
  expect_answer(ask(question.dump(), nullptr, true), 410, "false");
}

}  // namespace
}  // namespace dunlin::manager
