// Being stopped: by a signal, by a lost connection, by a server that does not answer.
#include <fmt/format.h>

#include "fixture.h"
#include "proxy.h"

namespace dunlin::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

TEST_F(Protocol, Rule1_3_AFullPipelineIsStoppedThirtyTimesOutOfThirty) {
  Steps steps;
  for (int i = 0; i < 2'000; ++i) steps.add("INSERT INTO work VALUES (1)");
  run("CREATE TABLE work (x int)");
  for (int round = 0; round < 30; ++round) {
    run("TRUNCATE work, history");
    Interrupt interrupt;
    auto session = open({.interrupt = &interrupt});
    ASSERT_TRUE(session->try_lock(lock_));
    Recorder recorder;
    steady_clock::time_point asked;
    const std::string at = fmt::format("finish {}", 20 + round * 7);
    recorder.on_event = [&](const std::string& event) {
      if (event != at) return;
      asked = steady_clock::now();
      interrupt.request(15);
    };
    const ApplyResult result = apply(*session, steps, recorder);
    ASSERT_EQ(result.outcome, ApplyOutcome::interrupted) << round;
    EXPECT_LT(steady_clock::now() - asked, seconds(5));
    EXPECT_LT(result.committed, 2'000U);
    EXPECT_EQ(value("SELECT count(*) FROM history"), std::to_string(result.committed)) << "the report tells the truth";
    EXPECT_EQ(value("SELECT count(*) FROM work"), std::to_string(result.committed));
    session->unlock(lock_);
    EXPECT_TRUE(side_->try_lock(lock_)) << "the lock is free";
    side_->unlock(lock_);
  }
}

TEST_F(Protocol, Rule1_3_ALongStatementIsStoppedThirtyTimesOutOfThirty) {
  for (int round = 0; round < 30; ++round) {
    Interrupt interrupt;
    auto session = open({.interrupt = &interrupt});
    Steps steps;
    steps.add("CREATE TABLE a (x int); SELECT pg_sleep(60)");
    Recorder recorder;
    std::thread signal([&] {
      std::this_thread::sleep_for(milliseconds(5 + round * 3));
      interrupt.request(15);
    });
    const auto started = steady_clock::now();
    const ApplyResult result = apply(*session, steps, recorder);
    signal.join();
    EXPECT_EQ(result.outcome, ApplyOutcome::interrupted);
    EXPECT_LT(steady_clock::now() - started, seconds(5));
    EXPECT_EQ(session->query("SELECT to_regclass('a')")[0][0], std::nullopt)
        << "rolled back, and the session is usable";
  }
}

TEST_F(Protocol, Rule1_3_WhatDoesNotListenToCancelIsEnded) {
  Interrupt interrupt;
  auto session = open({.interrupt = &interrupt});
  Steps steps;
  // Catches the cancel request again and again.
  steps.add(
      "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(30); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$");
  Recorder recorder;
  recorder.on_tick = [&] { interrupt.request(15); };
  const auto started = steady_clock::now();
  const ApplyResult result = apply(*session, steps, recorder);
  EXPECT_EQ(result.outcome, ApplyOutcome::interrupted);
  EXPECT_LT(steady_clock::now() - started, seconds(5));
  EXPECT_FALSE(result.remains);
}

TEST_F(Protocol, Rule1_3_AStatementOutsideATransactionIsStopped) {
  Interrupt interrupt;
  auto session = open({.interrupt = &interrupt});
  Steps steps;
  steps.add("SELECT pg_sleep(60)");
  Recorder recorder;
  recorder.on_tick = [&] { interrupt.request(2); };
  const StatementResult result = session->execute({"SELECT pg_sleep(60)", {}}, &steps[0], recorder);
  EXPECT_EQ(result.outcome, StatementOutcome::interrupted);
  const std::string note = "INSERT INTO history VALUES (1)";
  EXPECT_EQ(session->execute_together({}, {&note, 1}, nullptr, recorder).outcome, StatementOutcome::done)
      << "bookkeeping is possible after the interrupt";
  EXPECT_EQ(session->execute({"SELECT 1", {}}, &steps[0], recorder).outcome, StatementOutcome::interrupted)
      << "the migration's own statements are not";
}

TEST_F(PostgresTest, AnInterruptThatCameBeforeRunsNothing) {
  Interrupt interrupt;
  auto session = open({.interrupt = &interrupt});
  interrupt.request(2);
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  EXPECT_EQ(apply(*session, steps).outcome, ApplyOutcome::interrupted);
  EXPECT_EQ(session->query("SELECT to_regclass('a')")[0][0], std::nullopt);
}

TEST_F(PostgresTest, AnInterruptWhileConnectingWorks) {
  const SilentServer silent;
  Interrupt interrupt;
  std::thread signal([&] {
    std::this_thread::sleep_for(milliseconds(50));
    interrupt.request(2);
  });
  try {
    driver_->open(fmt::format("postgres://127.0.0.1:{}/x", silent.port()), {.interrupt = &interrupt});
    ADD_FAILURE() << "it connected";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::interrupted);
  }
  signal.join();
}

TEST_F(PostgresTest, ACutLinkIsLostWithWhatWasConfirmed) {
  Proxy proxy(url_);
  const auto session = driver_->open(proxy.url(), {});
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add("SELECT pg_sleep(0.5)");
  Recorder recorder;
  recorder.on_event = [&](const std::string& event) {
    if (event == "start 2") proxy.cut();
  };
  const ApplyResult result = apply(*session, steps, recorder);
  EXPECT_EQ(result.outcome, ApplyOutcome::lost);
  EXPECT_EQ(result.committed, 1U);
  EXPECT_EQ(result.error->kind, ErrorKind::connect);
  EXPECT_THAT(result.error->message, HasSubstr("connection to the server was lost"));
}

TEST_F(PostgresTest, ADroppedAnswerIsLostAlthoughTheCommitLands) {
  Proxy proxy(url_);
  const auto session = driver_->open(proxy.url(), {});
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add("SELECT pg_sleep(0.3)");
  Recorder recorder;
  recorder.on_event = [&](const std::string& event) {
    if (event == "start 2") proxy.drop_answers();
  };
  recorder.on_tick = [&] {
    if (history() == "1,2") proxy.cut();
  };
  const ApplyResult result = apply(*session, steps, recorder);
  EXPECT_EQ(result.outcome, ApplyOutcome::lost);
  EXPECT_EQ(result.committed, 1U) << "the second is in doubt, and here it has landed";
  EXPECT_EQ(history(), "1,2");
}

}  // namespace
}  // namespace dunlin::testing
