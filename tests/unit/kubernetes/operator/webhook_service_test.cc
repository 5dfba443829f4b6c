#include "kubernetes/operator/webhook_service.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "kubernetes/operator/files_identity.h"
#include "unit/kubernetes/operator/on_a_loop.h"

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using testing::ElementsAre;
using testing::HasSubstr;

Json migrator_named(const std::string& name) {
  return {{"metadata", {{"name", name}, {"namespace", "shop"}}},
          {"spec", {{"selector", {{"matchLabels", {{"app", "web"}}}}}}}};
}

Json new_pod() {
  return Json::parse(R"({"metadata": {"labels": {"app": "web"}},
                         "spec": {"containers": [{"name": "web", "image": "app:v1"}]}})");
}

class Webhook : public testing::Test {
 protected:
  static net::HttpRequest review(const std::string& path, const Json& object, const char* operation = "CREATE") {
    const Json body{{"apiVersion", "admission.k8s.io/v1"},
                    {"kind", "AdmissionReview"},
                    {"request",
                     {{"uid", "u1"},
                      {"operation", operation},
                      {"namespace", "shop"},
                      {"object", object},
                      {"oldObject", nullptr},
                      {"userInfo", {{"username", "eve"}}}}}};
    return {.method = "POST", .path = path, .authorization = {}, .body = body.dump()};
  }

  Json answer(const std::string& path, const Json& object, const char* operation = "CREATE") {
    const net::HttpResponse response = taken(there_.ask(service_, review(path, object, operation)));
    EXPECT_EQ(response.status, 200U) << response.body;
    Json read = Json::parse(response.body)["response"];
    EXPECT_EQ(read["uid"], "u1");
    return read;
  }

  static std::vector<std::string> waiters(const Json& response) {
    std::vector<std::string> names;
    if (!response.contains("patch")) return names;
    const Json pod = new_pod().patch(Json::parse(*decode_base64(response["patch"].get<std::string>())));
    for (const Json& container : pod["spec"]["initContainers"]) names.push_back(container["name"]);
    return names;
  }

  static ScriptedServer::Reply listing(const Json& items, const char* next_page = "") {
    return ScriptedServer::answer(200, Json{{"items", items}, {"metadata", {{"continue", next_page}}}}.dump());
  }

  Migrators cached_;
  std::function<ScriptedServer::Reply(const ScriptedServer::Request&, int number)> says_ = [](const auto&, int) {
    return listing(Json::array());
  };
  std::vector<std::string> counted_;
  int in_flight_ = 0;
  ScriptedServer server_{[this](const auto& request, int number) { return says_(request, number); }};
  kubernetes::ApiClient api_{{.server = server_.url()}, {.user_agent = "x"}};
  LoopThread there_;
  Errands errands_{there_.loop, 1, 1};
  WebhookService service_{[this](const auto& name_space) { return name_space == "shop" ? cached_ : Migrators{}; },
                          {.waiter = {.image = "operator:1", .host = "host:5000"}},
                          api_,
                          errands_,
                          {.on_answer = [this](std::string_view webhook, unsigned code,
                                               auto) { counted_.push_back(fmt::format("{} {}", webhook, code)); },
                           .on_flight = [this](std::string_view, int change) { in_flight_ += change; }}};
};

TEST_F(Webhook, TheCacheAnswers) {
  cached_ = {std::make_shared<const Migrator>(read_migrator(migrator_named("main")))};
  EXPECT_THAT(waiters(answer("/mutate-v1-pod", new_pod())), ElementsAre("migrate-wait-main"));
  EXPECT_THAT(waiters(answer("/mutate-v1-pod-strict", new_pod())), ElementsAre("migrate-wait-main"));
  cached_.clear();
  EXPECT_THAT(waiters(answer("/mutate-v1-pod", new_pod())), ElementsAre());
  EXPECT_TRUE(server_.requests().empty());
  there_.catch_up();
  EXPECT_THAT(counted_, ElementsAre("/mutate-v1-pod 200", "/mutate-v1-pod-strict 200", "/mutate-v1-pod 200"));
  EXPECT_EQ(in_flight_, 0);
}

TEST_F(Webhook, StrictlyAMigratorThatTheCacheHasNotSeenCounts) {
  says_ = [](const auto&, int number) {
    return number == 1 ? listing(Json::array({migrator_named("other")}), "more")
                       : listing(Json::array({migrator_named("new")}));
  };
  EXPECT_THAT(waiters(answer("/mutate-v1-pod-strict", new_pod())),
              ElementsAre("migrate-wait-new", "migrate-wait-other"));
  EXPECT_EQ(server_.requests()[0].line(),
            "GET /apis/migrations.coderanger.net/v1beta1/namespaces/shop/migrators?limit=500");
  EXPECT_THAT(server_.requests()[1].line(), HasSubstr("&continue=more"));
}

TEST_F(Webhook, StrictlyAPodThatNoMigratorSelectsStarts) {
  EXPECT_EQ(answer("/mutate-v1-pod-strict", new_pod())["allowed"], true);
  EXPECT_EQ(server_.requests().size(), 1U);
  Json exempt = new_pod();
  exempt["metadata"]["annotations"] = {{"migrations.coderanger.net/no-wait", "true"}};
  EXPECT_EQ(answer("/mutate-v1-pod-strict", exempt)["allowed"], true);
  EXPECT_EQ(answer("/mutate-v1-pod-strict", new_pod(), "UPDATE")["allowed"], true);
  EXPECT_EQ(server_.requests().size(), 1U) << "there is nothing to ask about these";
}

TEST_F(Webhook, StrictlyWhoCannotBeToldAboutIsRefused) {
  says_ = [](const auto&, int) {
    return ScriptedServer::answer(500, R"({"kind": "Status", "message": "etcd is away"})");
  };
  const Json denial = answer("/mutate-v1-pod-strict", new_pod());
  EXPECT_EQ(denial["allowed"], false);
  EXPECT_THAT(denial["status"]["message"].get<std::string>(), HasSubstr("etcd is away"));
}

TEST_F(Webhook, W08_APodThatRequiresAMigratorIsAskedFor) {
  Json pod = new_pod();
  pod["metadata"]["annotations"] = {{"migrations.coderanger.net/required", "true"}};
  const Json denial = answer("/mutate-v1-pod", pod);
  EXPECT_EQ(denial["allowed"], false);
  EXPECT_EQ(denial["status"]["message"], "no migrators found matching pod");
  says_ = [](const auto&, int) { return listing(Json::array({migrator_named("new")})); };
  EXPECT_EQ(answer("/mutate-v1-pod", pod)["allowed"], true);
}

Json with_config_map(Json migrator) {
  migrator["spec"]["database"] =
      Json::parse(R"({"urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}, "configMaps": ["files"]})");
  return migrator;
}

TEST_F(Webhook, FilesThatAPodHasToWaitForAreReadWhenItIsMade) {
  cached_ = {std::make_shared<const Migrator>(read_migrator(with_config_map(migrator_named("main"))))};
  // What the cache says of the Migrator may be old: a Migrator and a Deployment are applied together.
  says_ = [](const auto&, int number) {
    return number == 1 ? listing(Json::array({with_config_map(migrator_named("main"))}))
                       : ScriptedServer::answer(200, R"({"data": {"1_a.sql": "SELECT 1;\n"}})");
  };
  const Json response = answer("/mutate-v1-pod", new_pod());
  EXPECT_EQ(server_.requests()[1].line(), "GET /api/v1/namespaces/shop/configmaps/files");
  const Json pod = new_pod().patch(Json::parse(*decode_base64(response["patch"].get<std::string>())));
  EXPECT_EQ(pod["spec"]["initContainers"][0]["command"],
            Json({"/waiter", "app:v1", "shop", "main", "host:5000",
                  "--identity=" + files_identity({{"1_a.sql", "SELECT 1;\n"}}) + "@db/url"}));
}

TEST_F(Webhook, APodWhoseFilesAreNotThereIsRefused) {
  cached_ = {std::make_shared<const Migrator>(read_migrator(with_config_map(migrator_named("main"))))};
  says_ = [](const auto&, int number) {
    return number == 1 ? listing(Json::array({with_config_map(migrator_named("main"))})) : not_found("files");
  };
  const Json denial = answer("/mutate-v1-pod", new_pod());
  EXPECT_EQ(denial["allowed"], false);
  EXPECT_EQ(denial["status"]["message"],
            "which migrations this pod has to wait for cannot be told: "
            "spec.database.configMaps: there is no ConfigMap shop/files");
}

TEST_F(Webhook, WhenThereIsNoHandLeftItIsRefused) {
  std::promise<void> asked;
  std::promise<void> may_answer;
  const std::shared_future<void> answering = may_answer.get_future().share();
  says_ = [&asked, answering](const auto&, int number) {
    if (number == 1) asked.set_value();
    answering.wait();
    return listing(Json::array());
  };
  std::vector<std::future<net::HttpResponse>> answers;
  const auto ask = [&](const char* path) { answers.push_back(there_.ask(service_, review(path, new_pod()))); };
  // The one hand is at work, one more waits for it.
  ask("/mutate-v1-pod-strict");
  asked.get_future().wait();
  ask("/mutate-v1-pod-strict");
  ask("/validate-migrator");
  const Json refused = Json::parse(taken(std::move(answers.back())).body)["response"];
  EXPECT_EQ(refused["allowed"], false);
  EXPECT_THAT(refused["status"]["message"].get<std::string>(), HasSubstr("busy"));
  answers.pop_back();
  may_answer.set_value();
  for (auto& each : answers) EXPECT_EQ(taken(std::move(each)).status, 200U);
}

TEST_F(Webhook, AMigratorsAuthorIsAskedAbout) {
  says_ = [](const auto&, int number) {
    return ScriptedServer::answer(
        201, number == 1 ? R"({"status": {"allowed": true}})" : R"({"status": {"allowed": false}})");
  };
  EXPECT_EQ(answer("/validate-migrator", migrator_named("main"))["allowed"], true);
  const Json denial = answer("/validate-migrator", migrator_named("main"));
  EXPECT_EQ(denial["allowed"], false);
  EXPECT_EQ(denial["status"]["code"], 403);
  EXPECT_EQ(Json::parse(server_.requests()[0].body)["spec"]["user"], "eve");
  EXPECT_EQ(answer("/validate-migrator", migrator_named("main"), "DELETE")["allowed"], true);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(Webhook, WhatIsNoReviewIsABadRequest) {
  for (const char* body : {"", "{", "[]", "{}"}) {
    EXPECT_EQ(
        taken(there_.ask(service_, {.method = "POST", .path = "/mutate-v1-pod", .authorization = {}, .body = body}))
            .status,
        400U);
  }
  EXPECT_EQ(taken(there_.ask(service_, {.method = "POST", .path = "/mutate", .authorization = {}, .body = {}})).status,
            404U);
  there_.catch_up();
  EXPECT_EQ(counted_.size(), 4U);
  EXPECT_EQ(in_flight_, 0);
}

}  // namespace
}  // namespace dunlin::manager
