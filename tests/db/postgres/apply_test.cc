// The transaction of a migration, on a real server.
#include <fmt/format.h>

#include "fixture.h"

namespace dunlin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Apply : public PostgresTest {};

TEST_F(Apply, RunsUnitsInOrderAndTellsTheObserver) {
  const auto session = open();
  ASSERT_TRUE(session->try_lock(lock_));
  Steps steps;
  steps.add("CREATE TABLE a (x int); INSERT INTO a VALUES (1)");
  steps.add("ALTER TABLE a ADD y int;");
  Recorder recorder;
  const ApplyResult result = apply(*session, steps, recorder);
  EXPECT_EQ(result.outcome, ApplyOutcome::done);
  EXPECT_EQ(result.committed, 2U);
  ASSERT_EQ(result.execution_times.size(), 2U);
  EXPECT_GT(result.execution_times[0].count(), 0);
  EXPECT_EQ(history(), "1,2");
  EXPECT_THAT(recorder.events, ElementsAre("start 1", "statement 1.0", "statement 1.1", "finish 1", "start 2",
                                           "statement 2.0", "finish 2"));
  EXPECT_TRUE(session->holds(lock_));
}

TEST_F(Apply, AnErrorKeepsWhatCameBeforeAndStopsWhatComesAfter) {
  const auto session = open();
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add("CREATE TABLE b (x int); SELECT 1/0");
  steps.add("CREATE TABLE c (x int)");
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 1U);
  EXPECT_EQ(result.error->sqlstate, "22012");
  EXPECT_FALSE(result.remains);
  EXPECT_FALSE(result.retryable);
  EXPECT_EQ(history(), "1");
  EXPECT_EQ(value("SELECT to_regclass('b')"), "(null)");
  EXPECT_EQ(value("SELECT to_regclass('c')"), "(null)");
  EXPECT_EQ(session->query("SELECT 7")[0][0], "7") << "the session is usable again";
}

TEST_F(Apply, AllInOneTransactionIsAllOrNothing) {
  const auto session = open();
  Steps good;
  good.add("CREATE TABLE a (x int)");
  good.add("SET search_path = nowhere");
  good.add("CREATE TABLE public.b (x int)");
  Recorder recorder;
  EXPECT_EQ(apply(*session, good, recorder, TransactionScope::all).committed, 3U);
  EXPECT_EQ(history(), "1,2,3");
  EXPECT_EQ(value("SELECT count(DISTINCT at) FROM history"), "1");

  Steps bad;
  bad.add("CREATE TABLE c (x int)");
  bad.add("CREATE TABLE d (x int)");
  run("DELETE FROM history");
  bad.add("SELECT 1/0");
  const ApplyResult result = apply(*session, bad, TransactionScope::all);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 0U);
  EXPECT_EQ(result.error->where.file, "3.sql");
  EXPECT_EQ(result.failed_unit, 2U);
  EXPECT_EQ(history(), "");
  EXPECT_EQ(value("SELECT to_regclass('c')"), "(null)");
}

TEST_F(Apply, CallbacksRunInsideTheTransaction) {
  const auto session = open();
  Steps steps;
  steps.add("CREATE TABLE a (x int)");
  steps.add_callback([](MigrationContext& context) {
    context.execute("INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)");
    EXPECT_EQ(context.query("SELECT count(*) FROM a")[0][0], "2");
  });
  steps.add("INSERT INTO a VALUES (3)");
  EXPECT_EQ(apply(*session, steps).committed, 3U);
  EXPECT_EQ(value("SELECT sum(x) FROM a"), "6");
  EXPECT_EQ(history(), "1,2,3");
}

TEST_F(Apply, AThrowingCallbackIsRolledBack) {
  const auto session = open();
  run("CREATE TABLE a (x int)");
  Steps steps;
  steps.add_callback([](MigrationContext& context) {
    context.execute("INSERT INTO a VALUES (1)");
    throw std::runtime_error("no such customer");
  });
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_THAT(result.error->message, HasSubstr("no such customer"));
  EXPECT_EQ(value("SELECT count(*) FROM a"), "0");
}

TEST_F(Apply, AnErrorThatACallbackSwallowsStillFailsTheMigration) {
  const auto session = open();
  Steps steps;
  steps.add_callback([](MigrationContext& context) {
    try {
      context.execute("SELECT 1/0");
    } catch (const Failure&) {
    }
  });
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.error->sqlstate, "22012");
  EXPECT_EQ(history(), "");
}

TEST_F(Apply, AnOuterTransactionOfTheFileIsDroppedAndItsModeKept) {
  const auto session = open();
  Steps steps;
  Step& step = steps.add(
      "BEGIN ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a AS SELECT current_setting('transaction_isolation') AS "
      "level;\n"
      "COMMIT;\n");
  step.drop_outer_transaction = true;
  step.transaction_characteristics = "ISOLATION LEVEL SERIALIZABLE";
  const ApplyResult result = apply(*session, steps);
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << (result.error ? result.error->message : "");
  EXPECT_EQ(value("SELECT level FROM a"), "serializable");
  EXPECT_EQ(history(), "1");
}

TEST_F(Apply, TheSessionsIsolationIsUsed) {
  const auto session = open({.isolation = "repeatable read"});
  Steps steps;
  steps.add("CREATE TABLE a AS SELECT current_setting('transaction_isolation') AS level");
  EXPECT_EQ(apply(*session, steps).committed, 1U);
  EXPECT_EQ(value("SELECT level FROM a"), "repeatable read");
}

TEST_F(Apply, AFileWithoutStatementsIsRecorded) {
  const auto session = open();
  Steps steps;
  steps.add("-- nothing yet\n");
  EXPECT_EQ(apply(*session, steps).committed, 1U);
  EXPECT_EQ(history(), "1");
}

TEST_F(Apply, NoticesBelongToTheStatementThatRaisedThem) {
  const auto session = open();
  Steps steps;
  steps.add(
      "CREATE TABLE a (x int);\nDO $$ BEGIN RAISE WARNING 'careful' USING DETAIL = 'd', HINT = 'h'; END $$;\nSELECT 1");
  steps.add("DROP TABLE IF EXISTS nowhere");
  std::string long_name(70, 'n');
  steps.add("SELECT 1;\n\nCREATE TABLE " + long_name + " (x int)");
  Recorder recorder;
  EXPECT_EQ(apply(*session, steps, recorder).committed, 3U);
  ASSERT_EQ(recorder.notices.size(), 3U);
  EXPECT_EQ(recorder.notices[0].severity, "WARNING");
  EXPECT_EQ(recorder.notices[0].message, "careful");
  EXPECT_EQ(recorder.notices[0].detail, "d");
  EXPECT_EQ(recorder.notices[0].hint, "h");
  EXPECT_EQ(recorder.notices[0].where.line, 2);
  EXPECT_THAT(recorder.notice_versions, ElementsAre("1", "2", "3"));
  // Raised while the statement is parsed, before the server has said anything else about it.
  EXPECT_THAT(recorder.notices[2].message, HasSubstr("will be truncated"));
  EXPECT_EQ(recorder.notices[2].where.line, 3);
}

}  // namespace
}  // namespace dunlin::testing
