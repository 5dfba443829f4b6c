#include "kubernetes/waiter/waiter.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dunlin/error.h"
#include "support/scripted_server.h"

namespace dunlin::waiter {
namespace {

using namespace std::chrono_literals;
using Reply = ScriptedServer::Reply;
using testing::HasSubstr;

// Sleeping takes no time, but the clock goes on.
class QuickClock final : public Clock {
 public:
  Steady now() const override { return Steady{} + passed; }
  std::chrono::system_clock::time_point wall_now() const override { return {}; }
  bool sleep(std::chrono::milliseconds pause, const Interrupt* interrupt) override {
    passed += pause;
    return interrupt->requested();
  }
  std::chrono::nanoseconds passed{0};
};

struct Waited {
  bool ready = false;
  std::string said;
  std::string failure;
  std::chrono::nanoseconds took{0};
};

Waited wait(WaiterOptions options) {
  Waited result;
  QuickClock clock;
  Interrupt interrupt;
  try {
    result.ready = wait_until_ready(options, clock, interrupt,
                                    [&](std::string_view line) { result.said += std::string(line) + "\n"; });
  } catch (const Failure& failure) {
    result.failure = failure.what();
  }
  result.took = clock.passed;
  return result;
}

WaiterOptions options_for(const ScriptedServer& server) {
  return {.image = "app:v2", .name_space = "shop", .migrator = "main", .host = server.url().substr(7)};
}

TEST(Waiter, AsksAsItAlwaysDid) {
  ScriptedServer server([](const auto&, int) { return ScriptedServer::answer(200, "true"); });
  const Waited waited = wait(options_for(server));
  EXPECT_TRUE(waited.ready);
  EXPECT_EQ(waited.said, "Polling for migrator main at image app:v2\nMigrations ready, exiting\n");
  const auto request = server.requests().front();
  EXPECT_EQ(request.line(), "POST /api/ready");
  EXPECT_THAT(request.head, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_EQ(nlohmann::json::parse(request.body), nlohmann::json({{"targetImage", "app:v2"},
                                                                 {"migratorNamespace", "shop"},
                                                                 {"migratorName", "main"},
                                                                 {"identity", "app:v2"}}));
}

TEST(Waiter, P1_7_DoesNotWaitForAMigratorThatIsGone) {
  ScriptedServer server([](const auto&, int number) {
    if (number == 2) return ScriptedServer::answer(410, "this page is gone");
    return ScriptedServer::answer(number < 3 ? 200 : 410, "false");
  });
  const Waited waited = wait(options_for(server));
  EXPECT_TRUE(waited.ready);
  EXPECT_THAT(waited.said, HasSubstr("The migrator is gone, nothing to wait for\n"));
  EXPECT_EQ(server.requests().size(), 3U) << "somebody else's 410 is no answer";
}

TEST(Waiter, GoesOnAskingAndSaysSoNowAndThen) {
  ScriptedServer server(
      [](const auto&, int number) { return ScriptedServer::answer(200, number < 20 ? "false" : "true"); });
  const Waited waited = wait(options_for(server));
  EXPECT_TRUE(waited.ready);
  EXPECT_GE(waited.took, 19 * 2500ms);
  EXPECT_LE(waited.took, 19 * 5000ms);
  EXPECT_THAT(waited.said, HasSubstr("Still waiting for migrator shop/main to run app:v2 (3"));
}

TEST(Waiter, SaysWhatTheOperatorSays) {
  ScriptedServer server([](const auto&, int number) {
    if (number == 1) return ScriptedServer::answer(200, R"({"ready": false, "reason": "Unknown", "message": ""})");
    if (number < 4)
      return ScriptedServer::answer(
          200, R"({"ready": false, "reason": "MigrationsFailed", "message": "exit code 1\n\u001b[2Jno table"})");
    return ScriptedServer::answer(200, number == 4 ? R"({"ready": "soon"})" : "true");
  });
  const Waited waited = wait(options_for(server));
  EXPECT_TRUE(waited.ready);
  EXPECT_THAT(waited.said,
              HasSubstr("to run app:v2 (0 ms): Unknown\nStill waiting for migrator shop/main to run app:v2 ("));
  EXPECT_THAT(waited.said, HasSubstr("): exit code 1 "));
  EXPECT_THAT(waited.said, HasSubstr("no table\n"));
  EXPECT_EQ(waited.said.find('\x1b'), std::string::npos);
  EXPECT_THAT(waited.said, HasSubstr("answers 200\n"));
  EXPECT_EQ(std::ranges::count(waited.said, '\n'), 5) << waited.said;
}

TEST(Waiter, WhoGivesUpSaysWhatItWaitedFor) {
  ScriptedServer server([](const auto&, int) {
    return ScriptedServer::answer(200, R"({"ready": false, "reason": "MigrationsFailed", "message": "exit code 1"})");
  });
  WaiterOptions options = options_for(server);
  options.timeout = 1min;
  EXPECT_EQ(wait(options).failure, "migrator shop/main has not run app:v2 within 1 min: exit code 1");
}

TEST(Waiter, P1_5_SurvivesWhatTheNetworkDoes) {
  ScriptedServer server([](const auto&, int number) -> Reply {
    if (number == 1) return {.pieces = {}, .close = true};
    if (number == 2) return ScriptedServer::answer(503, "no healthy upstream");
    if (number == 3) return {.pieces = {"this is no HTTP\r\n\r\n"}, .close = true};
    if (number == 4) return ScriptedServer::answer(200, "false");
    return ScriptedServer::answer(200, "true");
  });
  const Waited waited = wait(options_for(server));
  EXPECT_TRUE(waited.ready);
  EXPECT_THAT(waited.said, HasSubstr("Waiting for migrator shop/main: the operator cannot be asked: 127.0.0.1"));
  EXPECT_THAT(waited.said, HasSubstr("answers 503"));
}

TEST(Waiter, OnlyTrueIsReady) {
  ScriptedServer server(
      [](const auto&, int number) { return ScriptedServer::answer(200, number < 3 ? "true\n" : "true"); });
  EXPECT_TRUE(wait(options_for(server)).ready);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Waiter, GivesUpWhenItIsToldTo) {
  ScriptedServer server([](const auto&, int) { return ScriptedServer::answer(200, "false"); });
  WaiterOptions options = options_for(server);
  options.timeout = 1min;
  options.identity = "app:v2@1234";
  const Waited waited = wait(options);
  EXPECT_FALSE(waited.ready);
  EXPECT_EQ(waited.failure, "migrator shop/main has not run app:v2@1234 within 1 min");
  EXPECT_EQ(waited.took, 1min);
}

TEST(Waiter, Words) {
  const auto parsed = [](std::vector<std::string> words) { return parse_waiter_words(words); };
  const WaiterOptions all = parsed({"i", "ns", "m", "h:5000", "--identity", "x", "--token=t", "--timeout", "5m"});
  EXPECT_EQ(all.image + all.name_space + all.migrator + all.host, "insmh:5000");
  EXPECT_EQ(all.identity + all.token, "xt");
  EXPECT_EQ(all.timeout, 5min);
  EXPECT_THROW(parsed({"i", "ns", "m"}), Failure);
  EXPECT_THROW(parsed({"i", "ns", "m", "h", "more"}), Failure);
  EXPECT_THROW(parsed({"i", "ns", "m", "h", "--what", "x"}), Failure);
  EXPECT_THROW(parsed({"i", "ns", "m", "h", "--token"}), Failure);
}

}  // namespace
}  // namespace dunlin::waiter
