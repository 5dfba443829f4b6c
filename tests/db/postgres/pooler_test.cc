// Behind PgBouncer in transaction mode: no session, so no session lock and no session settings.
#include <fmt/format.h>

#include "fixture.h"

namespace dunlin::testing {
namespace {

using ::testing::HasSubstr;

class Pooler : public Protocol {
 protected:
  std::unique_ptr<Session> pooled(SessionOptions options = {}) {
    return driver_->open(with_database(server_url("DUNLIN_TEST_PGBOUNCER_URL"), database_), options);
  }
  static std::vector<Unit> fenced(Steps& steps) {
    std::vector<Unit> units = steps.units();
    for (Unit& unit : units) {
      unit.fence = {"SELECT count(*) FROM public.history", std::to_string(unit.index)};
    }
    return units;
  }
};

TEST_F(Pooler, Rule2_3_APoolerIsFoundOutAndMayBeOverruled) {
  EXPECT_FALSE(open()->server().pooled);
  EXPECT_TRUE(pooled()->server().pooled);
  EXPECT_FALSE(pooled({.pooler = "session"})->server().pooled);
  EXPECT_TRUE(open({.pooler = "transaction"})->server().pooled);
}

TEST_F(Pooler, Rule2_3_MigrationsRunAndLeaveNoSettingsBehind) {
  const auto session = pooled();
  EXPECT_TRUE(session->try_lock(lock_));
  Steps steps;
  steps.add("CREATE TABLE a AS SELECT current_setting('lock_timeout') AS l; RESET ALL");
  steps.add("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; CREATE TABLE b (x int)");
  steps.add("SET ROLE postgres; SET search_path = nowhere");
  Recorder recorder;
  const std::vector<Unit> units = fenced(steps);
  const ApplyResult result = session->apply(units, TransactionScope::each, lock_, recorder);
  EXPECT_EQ(result.committed, 3U) << (result.error ? result.error->message : "");
  EXPECT_EQ(value("SELECT l FROM a"), "2s");
  EXPECT_EQ(session->query("SELECT current_setting('search_path')")[0][0], "\"$user\", public");
  EXPECT_EQ(value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
  const auto stranger = pooled();
  EXPECT_EQ(stranger->query("SELECT count(*) FROM pg_settings WHERE name LIKE 'dunlin.%' AND setting <> ''")[0][0],
            "0");
}

TEST_F(Pooler, Rule2_3_AFenceThatDoesNotHoldMeansMoved) {
  const auto session = pooled();
  for (const std::string first : {"", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "}) {
    run("DELETE FROM history");
    run("INSERT INTO history VALUES (99)");
    Steps steps;
    steps.add(first + "CREATE TABLE a (x int)");
    Recorder recorder;
    const std::vector<Unit> units = fenced(steps);
    const ApplyResult result = session->apply(units, TransactionScope::each, lock_, recorder);
    EXPECT_EQ(result.outcome, ApplyOutcome::moved);
    EXPECT_EQ(result.committed, 0U);
    EXPECT_EQ(value("SELECT to_regclass('a')"), "(null)");
  }
}

TEST_F(Pooler, Rule2_3_TwoRunnersExcludeEachOtherByTheLockInTheTransaction) {
  const auto direct = open();
  ASSERT_TRUE(direct->try_lock(lock_));
  const auto session = pooled();
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_TRUE(result.retryable);
  EXPECT_EQ(result.error->kind, ErrorKind::lock_busy);
  direct->unlock(lock_);
  EXPECT_EQ(apply(*session, steps).committed, 1U);
}

TEST_F(Pooler, Rule2_3_AnErrorInABatchKeepsWhatCameBefore) {
  const auto session = pooled();
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add("SELECT 1/0");
  steps.add("CREATE TABLE c (x int)");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 1U);
  EXPECT_EQ(history(), "1");
}

TEST_F(Pooler, Rule2_4_ATimeoutOfTheRoleForbidsStatementsOutsideATransaction) {
  run("CREATE TABLE t (x int)");
  Recorder recorder;
  EXPECT_EQ(pooled()->execute({"CREATE INDEX CONCURRENTLY i ON t (x)", {}}, nullptr, recorder).outcome,
            StatementOutcome::done);
  run(fmt::format("ALTER DATABASE {} SET statement_timeout = '10min'", database_));
  run(fmt::format(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid() "
      "AND application_name <> 'x'",
      database_));
  wait_until(fmt::format("(SELECT count(*) FROM pg_stat_activity WHERE datname = '{}') = 1", database_));
  const auto session = pooled();
  const StatementResult result = session->execute({"DROP INDEX CONCURRENTLY i", {}}, nullptr, recorder);
  EXPECT_EQ(result.outcome, StatementOutcome::failed);
  EXPECT_EQ(result.error->kind, ErrorKind::safety);
  EXPECT_THAT(result.error->hint, HasSubstr("--direct-url"));
}

TEST_F(Pooler, AnInterruptStopsThePipelineThroughAPooler) {
  Interrupt interrupt;
  const auto session = pooled({.interrupt = &interrupt});
  Steps steps;
  steps.add("CREATE TABLE a (x int); SELECT pg_sleep(60)");
  Recorder recorder;
  recorder.on_tick = [&] { interrupt.request(15); };
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(apply(*session, steps, recorder).outcome, ApplyOutcome::interrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  EXPECT_EQ(value("SELECT to_regclass('a')"), "(null)");
}

}  // namespace
}  // namespace dunlin::testing
