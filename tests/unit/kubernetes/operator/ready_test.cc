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

net::HttpResponse ask(const std::string& body, const Migrator* migrator, bool gone = false,
                      const char* path = "/api/ready") {
  return answer_ready(path, body, [&](const std::string& namespace_name, const std::string& name) {
    const bool meant = namespace_name == "default" && name == "testing";
    return MigratorLookup{.migrator = meant ? migrator : nullptr, .gone = gone};
  });
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
  for (const char* body : {"", "{", "7", "[]", R"({"targetImage": 7})", R"({"migratorName": {}})", "\xff"}) {
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

TEST(Ready, P1_7_WhoUnderstandsItIsToldThatTheMigratorIsGone) {
  Json question = Json::parse(kQuestion);
  expect_answer(ask(question.dump(), nullptr, true), 200, "false");
  question["identity"] = "myapp:v1";
  expect_answer(ask(question.dump(), nullptr, true), 410, "false");
  expect_answer(ask(question.dump(), nullptr, false), 200, "false");
}

}  // namespace
}  // namespace dunlin::manager
