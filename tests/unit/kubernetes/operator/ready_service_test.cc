#include "kubernetes/operator/ready_service.h"

#include <atomic>

#include <gmock/gmock.h>

#include "unit/kubernetes/operator/on_a_loop.h"

namespace dunlin::manager {
namespace {

using namespace std::chrono_literals;
using kubernetes::Json;

class HandClock final : public Clock {
 public:
  Steady now() const override { return Steady{} + passed.load(); }
  std::chrono::system_clock::time_point wall_now() const override { return {}; }
  bool sleep(std::chrono::milliseconds, const Interrupt*) override { return false; }
  std::atomic<std::chrono::seconds> passed{1h};
};

class Asked : public testing::Test {
 protected:
  net::HttpRequest question(const std::string& name, bool proven = true) const {
    Json body{{"targetImage", "app:v1"}, {"migratorNamespace", "shop"}, {"migratorName", name}};
    if (proven) body["token"] = tokens_.token("shop", name, "app:v1");
    return {.method = "POST", .path = "/api/ready", .authorization = {}, .body = body.dump()};
  }

  std::shared_ptr<const Migrator> find(const std::string& name_space, const std::string& name) const {
    if (name_space != "shop" || name != "known") return nullptr;
    return std::make_shared<const Migrator>(read_migrator(Json{{"metadata", {{"name", "known"}, {"namespace", "shop"}}},
                                                               {"status", {{"lastSuccessfulMigration", "app:v1"}}}}));
  }

  // What the API server says; set before anything is asked.
  std::function<ScriptedServer::Reply(int number)> says_ = [](int) { return not_found("gone"); };
  ReadyTokens tokens_{"key"};
  HandClock clock_;
  ScriptedServer server_{[this](const auto&, int number) { return says_(number); }};
  kubernetes::ApiClient api_{{.server = server_.url()}, {.user_agent = "x"}};
  LoopThread there_;
  Errands errands_{there_.loop, 2, 10};
  ReadyService service_{[this](const auto& name_space, const auto& name) { return find(name_space, name); }, tokens_,
                        api_, errands_, clock_};
};

TEST_F(Asked, TheCacheAnswers) {
  EXPECT_EQ(taken(there_.ask(service_, question("known"))).body, "true");
  EXPECT_EQ(taken(there_.ask(service_, question("known", false))).body, "true");
  EXPECT_EQ(taken(there_.ask(service_, {.method = "GET", .path = "/", .authorization = {}, .body = {}})).status, 404U);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Asked, WhetherAMigratorIsGoneIsAskedForThoseWhoMayAsk) {
  EXPECT_EQ(taken(there_.ask(service_, question("gone", false))).status, 200U);
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(taken(there_.ask(service_, question("gone"))).status, 410U);
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_EQ(server_.requests()[0].line(), "GET /apis/migrations.coderanger.net/v1beta1/namespaces/shop/migrators/gone");
}

TEST_F(Asked, ManyAskAndTheApiServerIsAskedOnce) {
  std::promise<void> may_answer;
  const std::shared_future<void> answering = may_answer.get_future().share();
  says_ = [answering](int) {
    answering.wait();
    return not_found("gone");
  };
  std::vector<std::future<net::HttpResponse>> answers;
  for (int k = 0; k < 2000; ++k) answers.push_back(there_.ask(service_, question("gone")));
  there_.catch_up();
  may_answer.set_value();
  for (auto& answer : answers) EXPECT_EQ(taken(std::move(answer)).status, 410U);
  EXPECT_EQ(taken(there_.ask(service_, question("gone"))).status, 410U);
  EXPECT_EQ(server_.requests().size(), 1U);
  clock_.passed = 2h;
  EXPECT_EQ(taken(there_.ask(service_, question("gone"))).status, 410U);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(Asked, OnlyAServerThatKnowsMigratorsSaysThatOneIsGone) {
  says_ = [](int number) {
    switch (number) {
      case 1: return ScriptedServer::answer(404, "404 page not found\n");
      case 2: return ScriptedServer::answer(403, R"({"kind": "Status", "reason": "Forbidden"})");
      case 3: return ScriptedServer::answer(200, R"({"kind": "Migrator"})");
      case 4: return not_found("another");
      default: return ScriptedServer::Reply{.pieces = {"nonsense\r\n\r\n"}, .close = true};
    }
  };
  for (int k = 0; k < 5; ++k) {
    const net::HttpResponse answer = taken(there_.ask(service_, question("gone")));
    EXPECT_EQ(answer.status, 200U) << k;
    EXPECT_EQ(Json::parse(answer.body)["ready"], false) << k;
    clock_.passed = clock_.passed.load() + 1h;
  }
}

TEST_F(Asked, WhenThereIsNoHandLeftItSaysNotYet) {
  std::promise<void> may_answer;
  const std::shared_future<void> answering = may_answer.get_future().share();
  says_ = [answering](int) {
    answering.wait();
    return not_found("gone");
  };
  // Two are at it and ten wait: of thirteen or more, one at least is refused, and the others are answered in the end.
  std::vector<std::future<net::HttpResponse>> answers;
  for (int k = 0; k < 20; ++k) answers.push_back(there_.ask(service_, question("gone" + std::to_string(k))));
  there_.catch_up();
  std::size_t answered = 0;
  for (auto& answer : answers) answered += answer.wait_for(0s) == std::future_status::ready ? 1 : 0;
  EXPECT_GE(answered, 8U);
  may_answer.set_value();
  for (auto& answer : answers) EXPECT_EQ(taken(std::move(answer)).status, 200U);
}

}  // namespace
}  // namespace dunlin::manager
