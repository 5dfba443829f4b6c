// Sections 0 and 1 of the protocol: what stands around a migration's statements, and why.
#include <fmt/format.h>

#include "fixture.h"

namespace dunlin::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

// What a failed test is told.
std::string why(const ApplyResult& result) {
  return result.error ? result.error->message : "no error";
}

TEST_F(Protocol, Rule0_AnErrorAtCommitKeepsWhatCameBeforeAndRunsNothingAfter) {
  run("CREATE TABLE parent (id int PRIMARY KEY)");
  run("CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
  const auto session = open();
  Steps steps;
  steps.add("INSERT INTO parent VALUES (1)");
  steps.add("INSERT INTO child VALUES (99)");
  steps.add("CREATE TABLE never (x int)");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 1U);
  EXPECT_EQ(result.error->sqlstate, "23503");
  EXPECT_FALSE(result.remains);
  EXPECT_EQ(history(), "1");
  EXPECT_EQ(value("SELECT to_regclass('never')"), "(null)");
}

TEST_F(Protocol, Rule1_1_AnOldBackendOfOurOwnIsEndedByItsIdentityOnly) {
  auto old = open();
  ASSERT_TRUE(old->try_lock(lock_));
  const auto session = open();
  EXPECT_FALSE(session->try_lock(lock_));
  const std::vector<LockHolder> holders = session->lock_holders(lock_);
  ASSERT_EQ(holders.size(), 1U);
  EXPECT_EQ(holders[0].backend, old->backend());
  EXPECT_EQ(holders[0].who.application, "dunlin");
  BackendId reused = old->backend();
  reused.started = "2001-01-01T00:00:00.000000Z";
  EXPECT_FALSE(session->terminate(reused)) << "a reused pid is somebody else";
  EXPECT_TRUE(session->terminate(old->backend()));
  wait_until(fmt::format("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {})", old->backend().pid));
  EXPECT_FALSE(session->terminate(old->backend())) << "gone already";
  EXPECT_TRUE(session->try_lock(lock_));
}

TEST_F(Protocol, Rule1_2_FlushAfterEveryCommit) {
  const auto session = open();
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add("SELECT pg_sleep(0.6)");
  steady_clock::time_point first;
  steady_clock::time_point second;
  Recorder recorder;
  recorder.on_event = [&](const std::string& event) {
    if (event == "finish 1") first = steady_clock::now();
    if (event == "finish 2") second = steady_clock::now();
  };
  ASSERT_EQ(apply(*session, steps, recorder).committed, 2U);
  EXPECT_GT(second - first, milliseconds(500)) << "the first COMMIT's answer was held back";
}

TEST_F(Protocol, Rule1_2_TheServerLooksForUsAlsoAfterAResetAll) {
  const auto session = open();
  Steps steps;
  steps.add("SET client_connection_check_interval = 0; RESET ALL");
  ASSERT_EQ(apply(*session, steps).committed, 1U);
  EXPECT_EQ(session->query("SHOW client_connection_check_interval")[0][0], "1s");
  EXPECT_EQ(session->query("SHOW tcp_keepalives_idle")[0][0], "30");
  EXPECT_EQ(session->query("SHOW tcp_user_timeout")[0][0], "60000");
}

TEST_F(Protocol, Rule1_5_SettingsOfAFailedBatchAreGone) {
  const auto session = open();
  const std::string before = *session->query("SHOW search_path")[0][0];
  Steps steps;
  steps.add("SET search_path = somewhere");
  steps.add("SET search_path = elsewhere; SELECT 1/0");
  EXPECT_EQ(apply(*session, steps).committed, 1U);
  EXPECT_EQ(session->query("SHOW search_path")[0][0], before);
  EXPECT_EQ(session->query("SHOW lock_timeout")[0][0], "2s");
}

TEST_F(Protocol, Rule1_6_SetTransactionAsFirstStatementWorks) {
  const auto session = open();
  Steps steps;
  steps.add(
      "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; CREATE TABLE a AS SELECT current_setting('transaction_isolation') "
      "l");
  const ApplyResult result = apply(*session, steps);
  ASSERT_EQ(result.outcome, ApplyOutcome::done) << why(result);
  EXPECT_EQ(value("SELECT l FROM a"), "serializable");
}

TEST_F(Protocol, Rule1_7_StateOfOneMigrationDoesNotReachTheNextNorTheHistory) {
  run("CREATE ROLE visitor_" + database_);
  run("CREATE SCHEMA other");
  const auto session = open();
  Steps steps;
  steps.add("CREATE TABLE words (w text)");
  steps.add("SET client_encoding = 'latin1'");
  steps.add("INSERT INTO words VALUES ('héé')");
  steps.add("SET search_path = other");
  steps.add("CREATE TABLE here (x int)");
  steps.add("SELECT set_config('search_path', '', false)");
  steps.add("CREATE TABLE here_too (x int)");
  steps.add("SET ROLE visitor_" + database_);
  steps.add("SET SESSION AUTHORIZATION visitor_" + database_);
  steps.add("SET default_transaction_read_only = on");
  steps.add("INSERT INTO words VALUES (current_user)");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.committed, steps.size()) << why(result);
  EXPECT_EQ(value("SELECT length(w) FROM words LIMIT 1"), "3");
  EXPECT_EQ(value("SELECT to_regclass('public.here')"), "here");
  EXPECT_EQ(value("SELECT to_regclass('public.here_too')"), "here_too");
  EXPECT_EQ(value("SELECT count(*) FROM words WHERE w = session_user"), "1");
  session->query("SELECT 1");
  run("DROP ROLE visitor_" + database_);
}

TEST_F(Protocol, Rule1_8_GuardCatchesStrayCommit) {
  const auto session = open();
  for (const std::string end : {"COMMIT", "COMMIT; BEGIN", "ROLLBACK; BEGIN", "COMMIT AND CHAIN"}) {
    run("DROP TABLE IF EXISTS a, b, c");
    Steps steps;
    steps.add("CREATE TABLE a (x int); " + end + "; CREATE TABLE b (x int)");
    steps.add("CREATE TABLE c (x int)");
    const ApplyResult result = apply(*session, steps);
    EXPECT_EQ(result.outcome, ApplyOutcome::failed) << end;
    EXPECT_EQ(result.committed, 0U) << end;
    EXPECT_TRUE(result.remains) << end;
    EXPECT_EQ(result.error->kind, ErrorKind::remains) << end;
    EXPECT_THAT(result.error->message, HasSubstr("ended the transaction")) << end;
    EXPECT_EQ(history(), "") << end;
    EXPECT_EQ(value("SELECT to_regclass('c')"), "(null)") << end;
  }
}

TEST_F(Protocol, Rule1_8_AResetAllOfTheFileIsNoFalseAlarm) {
  const auto session = open();
  Steps steps;
  steps.add("RESET ALL; CREATE TABLE a (x int)");
  steps.add("SET ROLE postgres; SET search_path = ''; SET TIME ZONE 'UTC'; RESET ALL");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.committed, 2U) << why(result);
}

TEST_F(Protocol, Rule1_8_AResetAllAfterAStrayCommitDoesNotHideIt) {
  const auto session = open();
  Steps steps;
  steps.add("CREATE TABLE a (x int); COMMIT; RESET ALL; CREATE TABLE b (x int)");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_TRUE(result.remains);
  EXPECT_EQ(history(), "");
}

TEST_F(Protocol, Rule1_8_GuardCatchesALockThatAnotherRunnerTook) {
  const auto session = open();
  const auto other = open();
  ASSERT_TRUE(session->try_lock(lock_));
  Steps steps;
  steps.add_callback([&](MigrationContext& context) {
    context.execute("CREATE TABLE a (x int)");
    context.execute("SELECT pg_advisory_unlock_all()");
    EXPECT_TRUE(other->try_lock(lock_));
  });
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_FALSE(result.remains);
  EXPECT_THAT(result.error->message, HasSubstr("lock was lost"));
  EXPECT_EQ(value("SELECT to_regclass('a')"), "(null)");
  EXPECT_FALSE(session->holds(lock_)) << "the check after a batch sees it";
  EXPECT_TRUE(other->holds(lock_));
}

TEST_F(Protocol, Rule1_9_AnErrorAfterAnOwnCommitIsSaidToLeaveSomething) {
  const auto session = open();
  Steps steps;
  steps.add("CREATE TABLE a (x int);\nCOMMIT;\nSELECT 1/0");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_TRUE(result.remains);
  EXPECT_FALSE(result.retryable);
  EXPECT_EQ(value("SELECT to_regclass('a')"), "a");
}

TEST_F(Protocol, Rule1_10_ARefusedStatementIsAnErrorWithAHint) {
  const auto session = open();
  for (const auto& [sql, state] : std::initializer_list<std::pair<std::string, std::string>>{
           {"VACUUM", "25001"},
           {"DO $$ BEGIN COMMIT; END $$", "2D000"},
           {"CREATE TYPE mood AS ENUM ('a')", ""},
           {"ALTER TYPE mood ADD VALUE 'b'; SELECT 'b'::mood", "55P04"}}) {
    Steps steps;
    steps.add(sql);
    const ApplyResult result = apply(*session, steps);
    if (state.empty()) {
      EXPECT_EQ(result.committed, 1U);
      run("DELETE FROM history");
      continue;
    }
    ASSERT_EQ(result.outcome, ApplyOutcome::failed) << sql;
    EXPECT_EQ(result.error->sqlstate, state);
    EXPECT_THAT(result.error->hint, HasSubstr("no-transaction"));
    EXPECT_FALSE(result.remains);
  }
}

TEST_F(Protocol, Rule1_10_StatementsOutsideATransactionRunEachByItself) {
  const auto session = open();
  Recorder recorder;
  const SourceStatement vacuum{"VACUUM", {"1.sql", 1, 1, 0}};
  const StatementResult together = session->execute_together({&vacuum, 1}, {}, nullptr, recorder);
  EXPECT_EQ(together.outcome, StatementOutcome::failed);
  EXPECT_TRUE(together.refused_in_transaction);
  EXPECT_EQ(session->execute(vacuum, nullptr, recorder).outcome, StatementOutcome::done);
}

TEST_F(Protocol, Rule1_12_ALockTimeoutKeepsWhatCameBeforeAndMayBeTriedAgain) {
  run("CREATE TABLE busy (x int)");
  const auto blocker = open();
  Recorder recorder;
  blocker->execute({"BEGIN", {}}, nullptr, recorder);
  blocker->execute({"LOCK TABLE busy IN ACCESS EXCLUSIVE MODE", {}}, nullptr, recorder);
  const auto session = open({.lock_timeout = milliseconds(100)});
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add("ALTER TABLE busy ADD y int");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 1U);
  EXPECT_TRUE(result.retryable);
  EXPECT_EQ(result.error->sqlstate, "55P03");
  blocker->execute({"ROLLBACK", {}}, nullptr, recorder);
  const std::vector<Unit> units = steps.units();
  EXPECT_EQ(session->apply({&units[1], 1}, TransactionScope::each, lock_, recorder).outcome, ApplyOutcome::done);
  EXPECT_EQ(history(), "1,2");
}

TEST_F(Protocol, Rule1_12_IndexBuildsRunWithoutALockTimeout) {
  run("CREATE TABLE busy (x int)");
  const auto blocker = open();
  Recorder recorder;
  blocker->execute({"BEGIN", {}}, nullptr, recorder);
  blocker->execute({"LOCK TABLE busy IN ROW EXCLUSIVE MODE", {}}, nullptr, recorder);
  const auto session = open({.lock_timeout = milliseconds(50)});
  std::thread later([&] {
    wait_until(
        "EXISTS (SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%' AND wait_event_type = 'Lock' AND "
        "clock_timestamp() - query_start > interval '150 ms')");
    blocker->execute({"ROLLBACK", {}}, nullptr, recorder);
  });
  const StatementResult result = session->execute({"CREATE INDEX CONCURRENTLY i ON busy (x)", {}}, nullptr, recorder);
  later.join();
  EXPECT_EQ(result.outcome, StatementOutcome::done);
  EXPECT_EQ(session->query("SHOW lock_timeout")[0][0], "50ms") << "for the next transactional migration";
}

TEST_F(Protocol, Rule1_13_TimeoutsOfTheRoleDoNotEndUs) {
  for (const std::string setting :
       {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"}) {
    run(fmt::format("ALTER DATABASE {} SET {} = '50ms'", database_, setting));
  }
  run(fmt::format("ALTER DATABASE {} SET synchronous_commit = off", database_));
  const auto session = open();
  Steps steps;
  steps.add("SELECT pg_sleep(0.15); RESET ALL");
  steps.add("SELECT pg_sleep(0.15)");
  Recorder recorder;
  recorder.on_event = [](const std::string&) { std::this_thread::sleep_for(milliseconds(80)); };
  const ApplyResult result = apply(*session, steps, recorder);
  EXPECT_EQ(result.committed, 2U) << why(result);
  std::this_thread::sleep_for(milliseconds(150));
  EXPECT_EQ(session->query("SHOW synchronous_commit")[0][0], "on");
  run(fmt::format("ALTER DATABASE {} RESET ALL", database_));
}

TEST_F(Protocol, Rule1_13_TheLimitTheUserAskedForHolds) {
  const auto session = open({.statement_timeout = milliseconds(50)});
  Steps steps;
  steps.add("SELECT pg_sleep(5)");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.error->kind, ErrorKind::timeout);
}

TEST_F(Protocol, Rule1_13_TheFirstFatalIsTheCause) {
  const auto session = open();
  const std::int64_t pid = session->backend().pid;
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add("SELECT pg_sleep(10)");
  Recorder recorder;
  recorder.on_event = [&](const std::string& event) {
    if (event == "start 2") run(fmt::format("SELECT pg_terminate_backend({})", pid));
  };
  const ApplyResult result = apply(*session, steps, recorder);
  EXPECT_EQ(result.outcome, ApplyOutcome::lost);
  EXPECT_EQ(result.committed, 1U);
  EXPECT_EQ(result.error->kind, ErrorKind::connect);
  EXPECT_EQ(result.error->sqlstate, "57P01");
  EXPECT_THAT(result.error->message, HasSubstr("terminating connection due to administrator command"));
  EXPECT_THROW(session->query("SELECT 1"), Failure);
}

TEST_F(Protocol, Rule1_13_AFatalWhileIdleIsTheCauseToo) {
  const auto session = open();
  run(fmt::format("SELECT pg_terminate_backend({})", session->backend().pid));
  wait_until(fmt::format("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {})", session->backend().pid));
  try {
    session->query("SELECT 1");
    FAIL() << "the session is gone";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::connect);
    EXPECT_THAT(failure.error().message, HasSubstr("administrator command"));
  }
}

TEST_F(Protocol, Rule1_14_ReadsSeeWhatWasCommittedMeanwhile) {
  run(fmt::format("ALTER DATABASE {} SET default_transaction_isolation = 'repeatable read'", database_));
  const auto session = open();
  ASSERT_TRUE(session->try_lock(lock_));
  EXPECT_EQ(session->query("SHOW transaction_isolation")[0][0], "read committed");
  EXPECT_EQ(session->query("SELECT count(*) FROM history")[0][0], "0");
  run("INSERT INTO history VALUES (1)");
  EXPECT_EQ(session->query("SELECT count(*) FROM history")[0][0], "1");
}

TEST_F(Protocol, Rule1_15_StandardConformingStringsOffIsRefused) {
  run(fmt::format("ALTER DATABASE {} SET standard_conforming_strings = off", database_));
  try {
    open();
    FAIL() << "it was accepted";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::config);
    EXPECT_THAT(failure.error().hint, HasSubstr("standard_conforming_strings = on"));
  }
  EXPECT_NO_THROW(open({.read_only = true}));
}

}  // namespace
}  // namespace dunlin::testing
