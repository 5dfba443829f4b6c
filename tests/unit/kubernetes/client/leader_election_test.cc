#include "kubernetes/client/leader_election.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kubernetes/client/object.h"
#include "support/scripted_server.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;

ScriptedServer::Reply not_found() {
  return ScriptedServer::answer(404, R"({"kind":"Status","reason":"NotFound"})");
}

// The one lease, kept as an API server keeps it.
class LeaseServer {
 public:
  LeaseServer() : server_([this](const auto& request, int) { return handle(request); }) {}

  std::string url() const { return server_.url(); }
  Json lease() const {
    const std::scoped_lock lock(mutex_);
    return lease_;
  }
  void change(const std::function<void(Json&)>& work) {
    const std::scoped_lock lock(mutex_);
    work(lease_);
    if (!lease_.is_null()) lease_["metadata"]["resourceVersion"] = std::to_string(++version_);
  }
  std::atomic<bool> down{false};

 private:
  ScriptedServer::Reply handle(const ScriptedServer::Request& request) {
    const std::scoped_lock lock(mutex_);
    if (down) return ScriptedServer::answer(500, "{}");
    const bool creates = request.line().starts_with("POST");
    if (lease_.is_null() != creates) {
      return creates ? ScriptedServer::answer(409, R"({"kind":"Status","reason":"AlreadyExists"})") : not_found();
    }
    if (request.line().starts_with("GET")) return ScriptedServer::answer(200, lease_.dump());
    const Json wanted = Json::parse(request.body);
    if (!creates && resource_version_of(wanted) != resource_version_of(lease_)) {
      return ScriptedServer::answer(409, R"({"kind":"Status","reason":"Conflict"})");
    }
    lease_ = wanted;
    lease_["metadata"]["resourceVersion"] = std::to_string(++version_);
    return ScriptedServer::answer(200, lease_.dump());
  }

  mutable std::mutex mutex_;
  Json lease_;
  int version_ = 0;
  ScriptedServer server_;
};

struct Replica {
  Replica(const LeaseServer& server, const std::string& name)
      : api({.server = server.url()}, {.user_agent = name}),
        election(api,
                 {.name_space = "system",
                  .name = "lock",
                  .identity = name,
                  .lease = 1s,
                  .renew_within = 500ms,
                  .retry_every = 20ms},
                 interrupt) {}
  Interrupt interrupt;
  ApiClient api;
  LeaderElection election;
};

const Json& spec_of(const Json& lease) {
  return field(lease, "spec");
}

TEST(LeaderElection, TheFirstOneLeadsAndRenews) {
  LeaseServer server;
  Replica one(server, "one");
  EXPECT_TRUE(one.election.acquire());
  const Json first = server.lease();
  EXPECT_EQ(text(field(spec_of(first), "holderIdentity")), "one");
  EXPECT_EQ(integer(field(spec_of(first), "leaseDurationSeconds")), 1);
  EXPECT_EQ(integer(field(spec_of(first), "leaseTransitions")), 0);
  std::thread keeping([&] { EXPECT_TRUE(one.election.keep()); });
  while (text(field(spec_of(server.lease()), "renewTime")) == text(field(spec_of(first), "renewTime"))) {
    std::this_thread::sleep_for(5ms);
  }
  one.interrupt.request(0);
  keeping.join();
  EXPECT_EQ(text(field(spec_of(server.lease()), "acquireTime")), text(field(spec_of(first), "acquireTime")));
}

TEST(LeaderElection, ASecondOneWaitsUntilTheFirstGivesItBack) {
  LeaseServer server;
  Replica one(server, "one");
  Replica two(server, "two");
  ASSERT_TRUE(one.election.acquire());
  std::atomic<bool> leads{false};
  std::thread waiting([&] { leads = two.election.acquire(); });
  std::thread keeping([&] { one.election.keep(); });
  std::this_thread::sleep_for(1500ms);  // longer than the lease: it is renewed
  EXPECT_FALSE(leads);
  one.interrupt.request(0);
  keeping.join();
  const auto released = std::chrono::steady_clock::now();
  one.election.release();
  waiting.join();
  EXPECT_TRUE(leads);
  EXPECT_LT(std::chrono::steady_clock::now() - released, 900ms);
  EXPECT_EQ(integer(field(spec_of(server.lease()), "leaseTransitions")), 1);
}

TEST(LeaderElection, OneThatDiedIsFollowedWhenItsLeaseHasEndedWhateverItsClockSaid) {
  LeaseServer server;
  {
    Replica dead(server, "dead");
    ASSERT_TRUE(dead.election.acquire());
  }
  server.change([](Json& lease) { lease["spec"]["renewTime"] = "2099-01-01T00:00:00.000000Z"; });
  const auto began = std::chrono::steady_clock::now();
  Replica next(server, "next");
  EXPECT_TRUE(next.election.acquire());
  EXPECT_GE(std::chrono::steady_clock::now() - began, 900ms);
}

TEST(LeaderElection, WhoCannotRenewInTimeHasLost) {
  LeaseServer server;
  Replica one(server, "one");
  ASSERT_TRUE(one.election.acquire());
  server.down = true;
  EXPECT_FALSE(one.election.keep());
}

// Its time is passed by whom it asks.
class PassingClock final : public Clock {
 public:
  Steady now() const override { return Steady{} + passed.load(); }
  std::chrono::system_clock::time_point wall_now() const override { return Clock::real().wall_now(); }
  bool sleep(std::chrono::milliseconds time, const Interrupt*) override {
    passed = passed.load() + time;
    return false;
  }
  std::atomic<std::chrono::milliseconds> passed{1h};
};

TEST(LeaderElection, AfterItsTimeNothingIsAskedForAnyMore) {
  PassingClock clock;
  Json lease;
  ScriptedServer server([&](const auto& request, int number) {
    if (number == 1) return not_found();
    lease = Json::parse(request.body.empty() ? lease.dump() : request.body);
    if (number == 2) return ScriptedServer::answer(201, lease.dump());
    clock.passed = clock.passed.load() + 9s;
    return ScriptedServer::answer(409, R"({"kind":"Status","reason":"Conflict"})");
  });
  ApiClient api({.server = server.url()}, {.user_agent = "x"});
  Interrupt interrupt;
  LeaderElection election(api, {.name_space = "system", .name = "lock", .identity = "one"}, interrupt, {}, clock);
  ASSERT_TRUE(election.acquire());
  EXPECT_FALSE(election.keep());
  // Two seconds until it is to be renewed, nine for the answer, and then it is over.
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(LeaderElection, WhoFindsAnotherInItsPlaceHasLost) {
  LeaseServer server;
  Replica one(server, "one");
  ASSERT_TRUE(one.election.acquire());
  server.change([](Json& lease) { lease["spec"]["holderIdentity"] = "thief"; });
  EXPECT_FALSE(one.election.keep());
  EXPECT_EQ(one.election.holder(), "thief");
  one.election.release();
  EXPECT_EQ(text(field(spec_of(server.lease()), "holderIdentity")), "thief");
}

TEST(LeaderElection, ALeaseThatSomebodyDeletedIsMadeAnew) {
  LeaseServer server;
  Replica one(server, "one");
  ASSERT_TRUE(one.election.acquire());
  server.change([](Json& lease) { lease = nullptr; });
  std::thread keeping([&] { EXPECT_TRUE(one.election.keep()); });
  while (server.lease().is_null()) std::this_thread::sleep_for(5ms);
  one.interrupt.request(0);
  keeping.join();
}

}  // namespace
}  // namespace dunlin::kubernetes
