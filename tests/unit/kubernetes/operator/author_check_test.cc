#include "kubernetes/operator/author_check.h"

#include <gmock/gmock.h>

#include "support/scripted_server.h"

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using testing::HasSubstr;

AdmissionRequest written_by_eve(const char* operation = "CREATE") {
  return {.api_version = "admission.k8s.io/v1",
          .uid = "u1",
          .operation = operation,
          .namespace_name = "shop",
          .object = Json::parse(R"({"spec": {"selector": {}}})"),
          .old_object = {},
          .user = {.name = "eve",
                   .uid = "7",
                   .groups = {"developers", "system:authenticated"},
                   .extra = {{"scopes", {"a", "b"}}}}};
}

TEST(AuthorCheck, AsksForWhatAMigratorDoes) {
  EXPECT_EQ(access_review(written_by_eve(), false), Json::parse(R"({
      "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
      "spec": {"user": "eve", "uid": "7", "groups": ["developers", "system:authenticated"],
               "extra": {"scopes": ["a", "b"]},
               "resourceAttributes": {"namespace": "shop", "verb": "create", "group": "batch", "resource": "jobs"}}})"));
  const Json local = access_review(written_by_eve(), true);
  EXPECT_EQ(local["kind"], "LocalSubjectAccessReview");
  EXPECT_EQ(local["metadata"]["namespace"], "shop");
}

TEST(AuthorCheck, WhatChangesNothingIsNotAskedAbout) {
  EXPECT_FALSE(answer_without_asking(written_by_eve()));
  EXPECT_TRUE(answer_without_asking(written_by_eve("DELETE"))->allowed);
  AdmissionRequest update = written_by_eve("UPDATE");
  update.old_object = Json::parse(R"({"spec": {"selector": {}}, "metadata": {"labels": {"a": "b"}}})");
  EXPECT_TRUE(answer_without_asking(update)->allowed);
  update.old_object["spec"]["image"] = "other";
  EXPECT_FALSE(answer_without_asking(update));
}

class Asking : public testing::Test {
 protected:
  AdmissionAnswer answer(ScriptedServer::Handler handler, bool local = false) {
    server_.emplace(std::move(handler));
    kubernetes::ApiClient api({.server = server_->url()}, {.user_agent = "x"});
    return check_author(written_by_eve(), api, local);
  }
  AdmissionAnswer answer_to(const std::string& status) {
    return answer([status](const auto&, int) { return ScriptedServer::answer(201, R"({"status": )" + status + "}"); });
  }

  std::optional<ScriptedServer> server_;
};

TEST_F(Asking, WhoMayCreateJobsMayWriteAMigrator) {
  EXPECT_TRUE(answer_to(R"({"allowed": true})").allowed);
  EXPECT_EQ(server_->requests()[0].line(), "POST /apis/authorization.k8s.io/v1/subjectaccessreviews");
  EXPECT_EQ(Json::parse(server_->requests()[0].body), access_review(written_by_eve(), false));
}

TEST_F(Asking, ARoleIsEnough) {
  const auto allowed = [](const auto&, int) { return ScriptedServer::answer(201, R"({"status": {"allowed": true}})"); };
  EXPECT_TRUE(answer(allowed, true).allowed);
  EXPECT_EQ(server_->requests()[0].line(),
            "POST /apis/authorization.k8s.io/v1/namespaces/shop/localsubjectaccessreviews");
}

TEST_F(Asking, WhoMayNotIsToldWhatIsMissing) {
  const AdmissionAnswer denial = answer_to(R"({"allowed": false, "reason": "no rule"})");
  EXPECT_FALSE(denial.allowed);
  EXPECT_EQ(denial.code, 403);
  EXPECT_THAT(denial.message, HasSubstr("user \"eve\" may not create Jobs in namespace \"shop\""));
  EXPECT_THAT(denial.message, HasSubstr("(no rule)"));
  EXPECT_FALSE(answer_to(R"({"allowed": true, "denied": true})").allowed);
  EXPECT_FALSE(answer_to("{}").allowed);
}

TEST_F(Asking, WhoCannotBeAskedAboutIsNotLetThrough) {
  for (const auto& reply : {ScriptedServer::answer(403, R"({"kind": "Status", "message": "reviews are forbidden"})"),
                            ScriptedServer::answer(500, ""),
                            ScriptedServer::Reply{.pieces = {"nonsense\r\n\r\n"}, .between = {}, .close = true}}) {
    const AdmissionAnswer denial = answer([reply](const auto&, int) { return reply; });
    EXPECT_FALSE(denial.allowed);
    EXPECT_EQ(denial.code, 500);
    EXPECT_THAT(denial.message, HasSubstr("whether user \"eve\" may create Jobs in namespace \"shop\" cannot be told"));
  }
}

TEST_F(Asking, AConnectionThatWasClosedIsNoVerdict) {
  EXPECT_TRUE(answer([](const auto&, int number) {
                if (number == 1) return ScriptedServer::Reply{.pieces = {}, .close = true};
                return ScriptedServer::answer(201, R"({"status": {"allowed": true}})");
              }).allowed);
}

}  // namespace
}  // namespace dunlin::manager
