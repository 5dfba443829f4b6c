#include "kubernetes/client/reflector.h"

#include <future>
#include <numeric>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kubernetes/client/cache.h"
#include "support/scripted_server.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Reply = ScriptedServer::Reply;
using testing::ElementsAre;

// Sleeps are remembered, and over at once; to who asks they have taken their time.
class QuickClock final : public Clock {
 public:
  Steady now() const override { return std::accumulate(pauses.begin(), pauses.end(), Clock::real().now()); }
  std::chrono::system_clock::time_point wall_now() const override { return Clock::real().wall_now(); }
  bool sleep(std::chrono::milliseconds pause, const Interrupt* interrupt) override {
    pauses.push_back(pause);
    return Clock::real().sleep(1ms, interrupt);
  }
  std::vector<std::chrono::milliseconds> pauses;
};

std::string pod(const std::string& name, const std::string& version) {
  return fmt::format(R"({{"metadata":{{"name":"{}","namespace":"n","resourceVersion":"{}"}}}})", name, version);
}

std::string list_of(const std::string& version, const std::vector<std::string>& pods, const std::string& more = {}) {
  return fmt::format(R"({{"kind":"PodList","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
                     version, more, fmt::join(pods, ","));
}

std::string event(const std::string& type, const std::string& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object);
}

// Runs a reflector on what a script answers until the script's answers are used up, and says what came of it.
struct Watched {
  std::vector<std::string> told;   // what the cache's users were told
  std::vector<std::string> asked;  // paths, without the random time of a watch
  std::vector<std::string> problems;
  std::vector<std::string> left;  // names in the cache
  std::vector<std::chrono::milliseconds> pauses;
  bool synced = false;
  bool has_list = false;
  std::string refusal;  // that the cache tells of
};

Watched watch(std::vector<Reply> script) {
  Watched result;
  Interrupt interrupt;
  std::promise<void> used_up;
  const int answers = static_cast<int>(script.size());
  ScriptedServer server([&](const auto&, int number) -> Reply {
    if (number <= answers) return script[static_cast<std::size_t>(number - 1)];
    if (number == answers + 1) used_up.set_value();
    return {};  // hangs
  });
  ApiClient api({.server = server.url()}, {.user_agent = "x", .interrupt = &interrupt});
  Cache<std::string> cache([](const Json& object) { return resource_version_of(object); },
                           [&](const ObjectKey& key, const auto& was, const auto& is) {
                             result.told.push_back(fmt::format("{} {}>{}", key.name, was ? *was : "", is ? *is : ""));
                           });
  QuickClock clock;
  Reflector reflector(
      api, {.resource = kPods}, cache, interrupt,
      [&](const std::string& problem) { result.problems.push_back(problem); }, clock);
  std::thread running([&] { reflector.run(); });
  EXPECT_EQ(used_up.get_future().wait_for(20s), std::future_status::ready);
  interrupt.request(0);
  running.join();
  for (const auto& request : server.requests()) {
    const std::string line = request.line();
    result.asked.push_back(line.substr(0, line.find("&timeoutSeconds")));
  }
  for (const auto& [key, item] : cache.all()) result.left.push_back(key.name);
  result.pauses = clock.pauses;
  result.synced = cache.synced();
  result.has_list = cache.has_list();
  result.refusal = cache.refusal();
  return result;
}

TEST(Reflector, ListsThenWatchesFromThere) {
  const Watched seen =
      watch({ScriptedServer::answer(200, list_of("10", {pod("a", "8")})),
             ScriptedServer::lines({event("ADDED", pod("b", "11")), event("MODIFIED", pod("a", "12")),
                                    event("DELETED", pod("b", "13")), event("BOOKMARK", pod("", "20"))},
                                   true)});
  EXPECT_THAT(seen.told, ElementsAre("a >8", "b >11", "a 8>12", "b 11>"));
  EXPECT_THAT(seen.left, ElementsAre("a"));
  EXPECT_THAT(seen.asked, ElementsAre("GET /api/v1/pods?limit=500",
                                      "GET /api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=10",
                                      "GET /api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=20"));
  EXPECT_TRUE(seen.synced && seen.problems.empty() && seen.pauses.empty());
}

TEST(Reflector, PagesAreOneList) {
  const Watched seen = watch({ScriptedServer::answer(200, list_of("5", {pod("a", "1")}, "to/ken")),
                              ScriptedServer::answer(200, list_of("6", {pod("b", "2")}))});
  EXPECT_THAT(seen.left, ElementsAre("a", "b"));
  EXPECT_EQ(seen.asked[1], "GET /api/v1/pods?limit=500&continue=to%2Fken");
  EXPECT_EQ(seen.asked[2], "GET /api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=6");
}

TEST(Reflector, GoneInBothFormsIsListedAnewAndCompared) {
  const std::string gone = event("ERROR", R"({"kind":"Status","reason":"Expired","code":410})");
  const Watched seen =
      watch({ScriptedServer::answer(200, list_of("1", {pod("a", "1"), pod("b", "1")})),
             ScriptedServer::lines({gone}, false), ScriptedServer::answer(200, list_of("7", {pod("b", "1")})),
             ScriptedServer::answer(410, R"({"kind":"Status","reason":"Gone"})"),
             ScriptedServer::answer(200, list_of("9", {pod("c", "8")}))});
  EXPECT_THAT(seen.told, ElementsAre("a >1", "b >1", "b 1>1", "a 1>", "c >8", "b 1>"));
  EXPECT_THAT(seen.left, ElementsAre("c"));
  EXPECT_TRUE(seen.problems.empty());
}

TEST(Reflector, AServerThatSaysGoneForEverIsListedLaterAndLater) {
  const std::string gone = event("ERROR", R"({"kind":"Status","reason":"Expired","code":410})");
  std::vector<Reply> script;
  for (int k = 0; k < 4; ++k) {
    script.push_back(ScriptedServer::answer(200, list_of("1", {})));
    script.push_back(k % 2 == 0 ? ScriptedServer::lines({gone}, false) : ScriptedServer::answer(410, "{}"));
  }
  const Watched seen = watch(script);
  ASSERT_EQ(seen.pauses.size(), 4U);
  milliseconds least = 800ms;
  for (const milliseconds pause : seen.pauses) {
    EXPECT_GE(pause, least);
    EXPECT_LE(pause, 2 * least);
    least *= 2;
  }
  EXPECT_EQ(seen.asked.back(), "GET /api/v1/pods?limit=500");
}

TEST(Reflector, APageThatExpiredBeginsTheListAnewAndLosesNothing) {
  const Watched seen = watch({ScriptedServer::answer(200, list_of("1", {pod("a", "1")})),
                              ScriptedServer::answer(410, "{}"), ScriptedServer::answer(200, list_of("5", {}, "x")),
                              ScriptedServer::answer(410, R"({"kind":"Status","reason":"Expired"})"),
                              ScriptedServer::answer(200, list_of("6", {pod("a", "1")}))});
  EXPECT_THAT(seen.told, ElementsAre("a >1", "a 1>1"));
  // In one piece, because the pages took too long.
  EXPECT_EQ(seen.asked[4], "GET /api/v1/pods?limit=0");
}

TEST(Reflector, AListWithoutAVersionIsNotAskedForInALoop) {
  const Watched seen = watch({ScriptedServer::answer(200, list_of("", {pod("a", "1")}))});
  EXPECT_THAT(seen.left, ElementsAre("a"));
  EXPECT_EQ(seen.pauses.size(), 1U);
  EXPECT_EQ(seen.problems.size(), 1U);
}

TEST(Reflector, AServerInTroubleIsWatchedFromTheSamePlaceLaterAndLater) {
  const Watched seen = watch({ScriptedServer::answer(200, list_of("3", {})), ScriptedServer::answer(500, "{}"),
                              ScriptedServer::answer(429, "{}"), Reply{.pieces = {}, .close = true}});
  EXPECT_EQ(seen.asked.back(), "GET /api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=3");
  ASSERT_EQ(seen.pauses.size(), 3U);
  EXPECT_GE(seen.pauses[0], 800ms);
  EXPECT_GE(seen.pauses[2], 3200ms);
  EXPECT_LE(seen.pauses[2], 6400ms);
}

TEST(Reflector, AWatchThatEndsAtOnceAndSaysNothingIsNotAskedInALoop) {
  const Watched seen = watch({ScriptedServer::answer(200, list_of("3", {})), ScriptedServer::lines({}, true)});
  EXPECT_EQ(seen.pauses.size(), 1U);
}

TEST(Reflector, ALineThatBreaksOffIsNotBelieved) {
  Reply cut = ScriptedServer::lines({event("DELETED", pod("a", "4")).substr(0, 30)}, true);
  const Watched seen = watch({ScriptedServer::answer(200, list_of("3", {pod("a", "1")})), cut});
  EXPECT_THAT(seen.left, ElementsAre("a"));
  EXPECT_EQ(seen.problems.size(), 1U);
}

TEST(Reflector, AKindThatIsNotThereIsEmptyAndAskedForLater) {
  const Watched seen = watch({ScriptedServer::answer(404, "404 page not found")});
  EXPECT_TRUE(seen.synced && seen.left.empty());
  EXPECT_TRUE(seen.has_list && seen.refusal.empty());
  EXPECT_GE(seen.pauses.at(0), 60s);
}

// An API server that has just started does not know the kinds of others yet.
TEST(Reflector, AKindThatIsNotThereForAMomentIsNotForgotten) {
  const Watched seen = watch(
      {ScriptedServer::answer(200, list_of("3", {pod("a", "1")})), ScriptedServer::answer(404, "404 page not found"),
       ScriptedServer::answer(404, "404 page not found"), ScriptedServer::answer(200, list_of("3", {pod("a", "1")}))});
  EXPECT_THAT(seen.told, ElementsAre("a >1", "a 1>1"));
  EXPECT_EQ(seen.asked[2], "GET /api/v1/pods?limit=500");
}

TEST(Reflector, AKindThatIsGoneForLongIsForgotten) {
  std::vector<Reply> script(8, ScriptedServer::answer(404, "404 page not found"));
  script.insert(script.begin(), ScriptedServer::answer(200, list_of("3", {pod("a", "1")})));
  const Watched seen = watch(script);
  EXPECT_TRUE(seen.left.empty());
  EXPECT_GE(seen.pauses.back(), 60s);
}

TEST(Reflector, WhatIsForbiddenIsListedAnewAndNotForgotten) {
  const Watched seen = watch({ScriptedServer::answer(200, list_of("3", {pod("a", "1")})),
                              ScriptedServer::answer(403, R"({"kind":"Status","message":"not you"})")});
  EXPECT_THAT(seen.left, ElementsAre("a"));
  EXPECT_THAT(seen.problems, ElementsAre("pods: not you"));
  EXPECT_EQ(seen.refusal, "not you");
  EXPECT_EQ(seen.asked.back(), "GET /api/v1/pods?limit=500");
}

TEST(Reflector, WhatWasNeverAllowedHasNoList) {
  const Watched seen = watch({ScriptedServer::answer(403, R"({"kind":"Status","message":"not you"})")});
  EXPECT_TRUE(seen.synced && !seen.has_list);
}

// What is wrong with a request is as wrong the next time.
TEST(Reflector, AWatchThatIsRefusedIsNotAskedForInALoop) {
  const std::string refusal = R"({"kind":"Status","code":400,"message":"what?"})";
  for (const Reply& refused :
       {ScriptedServer::answer(400, refusal), ScriptedServer::lines({event("ERROR", refusal)}, false)}) {
    const Watched seen = watch({ScriptedServer::answer(200, list_of("3", {pod("a", "1")})), refused,
                                ScriptedServer::answer(200, list_of("4", {pod("a", "1")})), refused});
    EXPECT_EQ(seen.asked[2], "GET /api/v1/pods?limit=500");
    EXPECT_EQ(seen.asked[4], "GET /api/v1/pods?limit=500");
    EXPECT_THAT(seen.problems, ElementsAre("pods: what?"));
    EXPECT_EQ(seen.refusal, "what?");
    ASSERT_EQ(seen.pauses.size(), 2U);
    EXPECT_GE(seen.pauses[1], 1600ms);
    EXPECT_THAT(seen.left, ElementsAre("a"));
  }
}

TEST(Reflector, ThatAProblemIsOverIsTold) {
  const Reply refused = ScriptedServer::answer(403, R"({"kind":"Status","message":"not you"})");
  const Watched seen = watch({refused, refused, ScriptedServer::answer(200, list_of("3", {})),
                              ScriptedServer::lines({event("ADDED", pod("a", "4"))}, true), refused});
  EXPECT_THAT(seen.problems, ElementsAre("pods: not you", "pods: watched again", "pods: not you"));
}

}  // namespace
}  // namespace dunlin::kubernetes
