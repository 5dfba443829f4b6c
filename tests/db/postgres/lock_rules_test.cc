// Section 2 of the protocol: who stands in whose way.
#include <fmt/format.h>

#include "fixture.h"

namespace dunlin::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

// Another program's session: runs one statement in a thread of its own.
class Peer {
 public:
  Peer(std::unique_ptr<Session> session, std::string sql) : session_(std::move(session)), sql_(std::move(sql)) {
    thread_ = std::thread([this] { result = session_->execute({sql_, {}}, nullptr, recorder_); });
  }
  ~Peer() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  StatementResult result;

 private:
  std::unique_ptr<Session> session_;
  std::string sql_;
  Recorder recorder_;
  std::thread thread_;
};

constexpr auto kPeerWaits = "EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)";

TEST_F(Protocol, Rule2_1_AnIndexBuildIsNotStartedWhileAPeerWaitsForOurLock) {
  run("CREATE TABLE t (x int)");
  const auto session = open({.lock_timeout = milliseconds(2'000)});
  ASSERT_TRUE(session->try_lock(lock_));
  Peer peer(driver_->open(url_, {.lock_timeout = milliseconds(0)}), "SELECT pg_advisory_lock(4711)");
  wait_until(kPeerWaits);
  Recorder recorder;
  recorder.on_tick = [&] {
    run("SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
  };
  Steps steps;
  steps.add("CREATE INDEX CONCURRENTLY i ON t (x)");
  const StatementResult result = session->execute({"CREATE INDEX CONCURRENTLY i ON t (x)", {}}, &steps[0], recorder);
  EXPECT_EQ(result.outcome, StatementOutcome::done) << (result.error ? result.error->message : "");
  ASSERT_FALSE(recorder.diagnostics.empty());
  EXPECT_EQ(recorder.diagnostics[0].code, "lock-waiter");
  EXPECT_THAT(recorder.diagnostics[0].message, HasSubstr("dunlin"));
  EXPECT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"), "t");
}

TEST_F(Protocol, Rule2_1_APeerThatStaysIsAnErrorAndLeavesNothing) {
  run("CREATE TABLE t (x int)");
  const auto session = open({.lock_timeout = milliseconds(30)});
  ASSERT_TRUE(session->try_lock(lock_));
  Peer peer(driver_->open(url_, {.lock_timeout = milliseconds(0)}), "SELECT pg_advisory_lock(4711)");
  wait_until(kPeerWaits);
  Recorder recorder;
  const StatementResult result = session->execute({"CREATE INDEX CONCURRENTLY i ON t (x)", {}}, nullptr, recorder);
  EXPECT_EQ(result.outcome, StatementOutcome::failed);
  EXPECT_EQ(result.error->kind, ErrorKind::lock_busy);
  EXPECT_THAT(result.error->hint, HasSubstr("pg_cancel_backend"));
  EXPECT_EQ(value("SELECT to_regclass('i')"), "(null)");
  session->unlock(lock_);
}

TEST_F(Protocol, Rule2_1_ADeadlockedIndexBuildMayBeTriedAgainOnceItsRemainsAreGone) {
  run("CREATE TABLE t (x int)");
  const auto session = open();
  Recorder recorder;
  Steps steps;
  steps.add("");
  const SourceStatement build{"CREATE INDEX CONCURRENTLY i ON t (x)", {}};
  const std::string remembered = session->remember(build);
  // The lock is held but the session was never told: as when the waiter comes during the build.
  session->query("SELECT pg_advisory_lock(4711)");
  Peer peer(driver_->open(url_, {.lock_timeout = milliseconds(0)}), "SELECT pg_advisory_lock(4711)");
  // Whoever's deadlock_timeout of one second ends last is the victim: the peer's has to be over.
  wait_until(
      "EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND "
      "clock_timestamp() - query_start > interval '1.2 s')");
  const StatementResult result = session->execute(build, &steps[0], recorder);
  ASSERT_EQ(result.outcome, StatementOutcome::failed);
  EXPECT_EQ(result.error->sqlstate, "40P01");
  EXPECT_TRUE(result.retryable);
  const Verdict verdict = session->verify(build, remembered);
  EXPECT_EQ(verdict.state, Verdict::State::not_done);
  ASSERT_EQ(verdict.cleanup.size(), 1U);
  session->unlock(lock_);
  peer.join();
  EXPECT_EQ(session->execute({verdict.cleanup[0], {}}, nullptr, recorder).outcome, StatementOutcome::done);
  EXPECT_EQ(session->execute(build, nullptr, recorder).outcome, StatementOutcome::done);
}

TEST_F(Protocol, Rule2_1_ALockOfALiveSessionIsReportedWithItsOwner) {
  const auto holder = driver_->open(with_parameter(url_, "application_name=nightly"), {});
  ASSERT_TRUE(holder->try_lock(lock_));
  Recorder recorder;
  holder->execute({"BEGIN", {}}, nullptr, recorder);
  const auto session = open();
  EXPECT_FALSE(session->try_lock(lock_));
  const std::vector<LockHolder> holders = session->lock_holders(lock_);
  ASSERT_EQ(holders.size(), 1U);
  EXPECT_EQ(holders[0].who.pid, holder->backend().pid);
  EXPECT_EQ(holders[0].who.application, "nightly");
  EXPECT_EQ(holders[0].who.state, "idle in transaction");
  EXPECT_TRUE(holders[0].who.transaction_age.has_value());
  RunLock negative{-5'000'000'000'000'000'001, {}};
  EXPECT_TRUE(session->try_lock(negative));
  EXPECT_TRUE(session->holds(negative));
  EXPECT_FALSE(session->holds(lock_));
  EXPECT_EQ(session->lock_holders(negative).size(), 1U);
}

TEST_F(Protocol, Rule1_12_TheMonitorShowsWhoBlocksWhileWeWait) {
  run("CREATE TABLE busy (x int)");
  const auto blocker = driver_->open(with_parameter(url_, "application_name=nightly-report"), {});
  Recorder recorder;
  blocker->execute({"BEGIN", {}}, nullptr, recorder);
  blocker->execute({"LOCK TABLE busy IN ACCESS SHARE MODE", {}}, nullptr, recorder);
  const auto session = open({.lock_timeout = milliseconds(10'000)});
  Steps steps;
  steps.add("ALTER TABLE busy ADD y int");
  recorder.on_tick = [&] {
    if (!recorder.blocked.empty()) blocker->execute({"ROLLBACK", {}}, nullptr, recorder);
  };
  EXPECT_EQ(apply(*session, steps, recorder).committed, 1U);
  EXPECT_GE(recorder.ticks, 3);
  EXPECT_THAT(recorder.blocked, Contains("ACCESS EXCLUSIVE on public.busy"));
  ASSERT_FALSE(recorder.blockers.empty());
  EXPECT_EQ(recorder.blockers[0].application, "nightly-report");
  EXPECT_EQ(recorder.blockers[0].state, "idle in transaction");
}

TEST_F(Protocol, Rule1_12_AForbiddenSecondConnectionIsSaidOnce) {
  const std::string role = "single_" + database_;
  run("CREATE ROLE " + role + " LOGIN CONNECTION LIMIT 1");
  {
    const auto session = open_as(role);
    Recorder recorder;
    Steps steps;
    steps.add("");
    EXPECT_EQ(session->execute({"SELECT pg_sleep(3)", {}}, &steps[0], recorder).outcome, StatementOutcome::done);
    ASSERT_EQ(recorder.diagnostics.size(), 1U);
    EXPECT_EQ(recorder.diagnostics[0].code, "no-monitor");
    EXPECT_THAT(recorder.diagnostics[0].message, HasSubstr("too many connections"));
  }
  wait_until(fmt::format("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = '{}')", role));
  run("DROP ROLE " + role);
}

TEST_F(PostgresTest, TheServersOwnProgressIsShown) {
  run("CREATE TABLE t AS SELECT generate_series(1, 1000) AS x");
  const auto blocker = open();
  Recorder recorder;
  blocker->execute({"BEGIN", {}}, nullptr, recorder);
  blocker->execute({"INSERT INTO t VALUES (1)", {}}, nullptr, recorder);
  const auto session = open();
  Steps steps;
  steps.add("");
  recorder.on_tick = [&] {
    if (!recorder.progress.empty()) blocker->execute({"ROLLBACK", {}}, nullptr, recorder);
  };
  EXPECT_EQ(session->execute({"CREATE INDEX CONCURRENTLY i ON t (x)", {}}, &steps[0], recorder).outcome,
            StatementOutcome::done);
  ASSERT_FALSE(recorder.progress.empty());
  EXPECT_EQ(recorder.progress[0].command, "CREATE INDEX CONCURRENTLY");
  EXPECT_EQ(recorder.progress[0].phase, "waiting for writers before build");
}

TEST_F(Protocol, Rule2_2_TheVerifierDoesNotKillTheBuildItLooksAt) {
  run("CREATE TABLE t (x int)");
  const auto session = open();
  const SourceStatement build{"CREATE INDEX CONCURRENTLY i ON t (x)", {}};
  const std::string remembered = session->remember(build);
  const auto blocker = open();
  Recorder recorder;
  blocker->execute({"BEGIN", {}}, nullptr, recorder);
  blocker->execute({"INSERT INTO t VALUES (1)", {}}, nullptr, recorder);
  Peer builder(open(), "CREATE INDEX CONCURRENTLY i ON t (x)");
  wait_until("EXISTS (SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%')");
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(400));
    blocker->execute({"ROLLBACK", {}}, nullptr, recorder);
  });
  const auto started = steady_clock::now();
  const Verdict verdict = session->verify(build, remembered);
  later.join();
  builder.join();
  EXPECT_GT(steady_clock::now() - started, milliseconds(300)) << "it waited until nobody was at work";
  EXPECT_EQ(verdict.state, Verdict::State::done) << verdict.evidence;
  EXPECT_EQ(builder.result.outcome, StatementOutcome::done);
}

}  // namespace
}  // namespace dunlin::testing
