// Session::apply: units, their history rows, fences and failures.
#pragma once

#include "db/contract/contract.h"

namespace dunlin::contract {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_P(Contract, UnitsAreAppliedInOrderWithTheirRows) {
  Batch three = batch();
  three.add(1, "CREATE TABLE a (x INTEGER);");
  three.add(2, "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);");
  three.add(3, "CREATE TABLE b AS SELECT max(x) AS top FROM a");
  const ApplyResult result = apply(three);
  EXPECT_EQ(result.outcome, ApplyOutcome::done);
  EXPECT_EQ(result.committed, 3u);
  EXPECT_FALSE(result.remains);
  EXPECT_EQ(history(), "1 2 3");
  EXPECT_EQ(value("SELECT top FROM b"), "2");
}

TEST_P(Contract, TheObserverHearsOfEachUnit) {
  Batch two = batch();
  two.add(1, "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);");
  two.add(2, "INSERT INTO a VALUES (2);");
  apply(two);
  EXPECT_THAT(recorder_.events, ElementsAre("0 started 1", "finished 1", "1 started 2", "finished 2"));
  EXPECT_EQ(recorder_.statements, 3);
}

TEST_P(Contract, TheTimeInTheHistoryIsTheOneReported) {
  Batch one = batch();
  one.add(1, "CREATE TABLE a (x INTEGER);");
  const ApplyResult result = apply(one);
  ASSERT_EQ(result.execution_times.size(), 1u);
  EXPECT_GT(result.execution_times[0].count(), 0);
  const auto recorded = std::stoll(value("SELECT took FROM applied_version"));
  EXPECT_GT(recorded, 0);
  EXPECT_LT(recorded, 60'000'000'000);
}

TEST_P(Contract, AFailingUnitIsUndoneStopsTheBatchAndKeepsTheEarlierOnes) {
  Batch three = batch();
  three.add(1, "CREATE TABLE a (x INTEGER);");
  three.add(2, "CREATE TABLE half (x INTEGER);\nINSERT INTO half VALUES (1);\nINSERT INTO missing VALUES (1);");
  three.add(3, "CREATE TABLE after_it (x INTEGER);");
  const ApplyResult result = apply(three);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 1u);
  EXPECT_FALSE(result.remains);
  EXPECT_FALSE(result.retryable);
  EXPECT_EQ(history(), "1");
  EXPECT_TRUE(has_table("a"));
  EXPECT_FALSE(has_table("half"));
  EXPECT_FALSE(has_table("after_it"));
  EXPECT_THAT(recorder_.events, ElementsAre("0 started 1", "finished 1", "1 started 2"));
  expect_usable();
}

TEST_P(Contract, AnErrorNamesFileLineColumnAndStatement) {
  Batch one = batch();
  one.add(1, "-- a comment\nCREATE TABLE a (x INTEGER);\n\n  UPDATE a\n     SET stauts = 1;\n");
  const ApplyResult result = apply(one);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::sql);
  EXPECT_THAT(result.error->message, HasSubstr("stauts"));
  EXPECT_EQ(result.error->where.file, "1_step.sql");
  EXPECT_EQ(result.error->where.line, 5);
  EXPECT_EQ(result.error->where.column, 10);
  EXPECT_EQ(result.error->line_text, "     SET stauts = 1;");
  EXPECT_THAT(result.error->statement, HasSubstr("UPDATE a"));
  EXPECT_FALSE(result.error->sqlstate.empty());
}

TEST_P(Contract, WithScopeAllEverythingIsCommittedTogether) {
  Batch two = batch();
  two.add(1, "CREATE TABLE a (x INTEGER);");
  two.add(2, "INSERT INTO a VALUES (7);");
  const ApplyResult result = apply(two, TransactionScope::all);
  EXPECT_EQ(result.outcome, ApplyOutcome::done);
  EXPECT_EQ(result.committed, 2u);
  EXPECT_EQ(history(), "1 2");
  EXPECT_EQ(value("SELECT x FROM a"), "7");
}

TEST_P(Contract, WithScopeAllAFailureLeavesNothing) {
  Batch two = batch();
  two.add(1, "CREATE TABLE a (x INTEGER);");
  two.add(2, "INSERT INTO missing VALUES (7);");
  const ApplyResult result = apply(two, TransactionScope::all);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 0u);
  EXPECT_EQ(history(), "");
  EXPECT_FALSE(has_table("a"));
  EXPECT_THAT(recorder_.events, testing::Not(testing::Contains(HasSubstr("finished"))));
  expect_usable();
}

TEST_P(Contract, AFenceThatDoesNotHoldIsMovedAndNothingRuns) {
  execute("INSERT INTO applied_version VALUES (5, 1)");
  Batch one = batch();
  one.add(1, "CREATE TABLE a (x INTEGER);");
  const ApplyResult result = apply(one);
  EXPECT_EQ(result.outcome, ApplyOutcome::moved);
  EXPECT_EQ(result.committed, 0u);
  EXPECT_EQ(history(), "5");
  EXPECT_FALSE(has_table("a"));
  expect_usable();
}

TEST_P(Contract, AFenceThatMovesHalfWayKeepsTheUnitsBeforeIt) {
  Batch two = batch();
  two.add(1, "CREATE TABLE a (x INTEGER);\nINSERT INTO applied_version VALUES (6, 1);");
  two.add(2, "CREATE TABLE b (x INTEGER);");
  const ApplyResult result = apply(two);
  EXPECT_EQ(result.outcome, ApplyOutcome::moved);
  EXPECT_EQ(result.committed, 1u);
  EXPECT_EQ(history(), "1 6");
  EXPECT_FALSE(has_table("b"));
  expect_usable();
}

TEST_P(Contract, ARowThatCannotBeWrittenUndoesTheMigration) {
  Batch one = batch();
  one.add(1, "CREATE TABLE a (x INTEGER);\nINSERT INTO applied_version VALUES (1, 1);");
  const ApplyResult result = apply(one);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(history(), "");
  EXPECT_FALSE(has_table("a"));
  expect_usable();
}

TEST_P(Contract, AnErrorAtCommitUndoesTheMigration) {
  Batch two = batch();
  two.add(1,
          "CREATE TABLE p (id INTEGER PRIMARY KEY);\n"
          "CREATE TABLE c (p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);");
  two.add(2, "CREATE TABLE half (x INTEGER); INSERT INTO c VALUES (1);");
  two.add(3, "CREATE TABLE after_it (x INTEGER);");
  const ApplyResult result = apply(two);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 1u);
  EXPECT_FALSE(result.remains);
  EXPECT_EQ(history(), "1");
  EXPECT_FALSE(has_table("half"));
  EXPECT_FALSE(has_table("after_it"));
  expect_usable();
}

TEST_P(Contract, CallbacksRunInTheMigrationsTransaction) {
  Batch two = batch();
  two.add(1, "CREATE TABLE a (x INTEGER);");
  two.add_callback(2, [](MigrationContext& context) {
    context.execute("INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)");
    const auto rows = context.query("SELECT sum(x), NULL FROM a");
    context.execute(fmt::format("INSERT INTO a VALUES ({})", rows.at(0).at(0).value()));
    EXPECT_FALSE(rows.at(0).at(1).has_value());
  });
  EXPECT_EQ(apply(two).outcome, ApplyOutcome::done);
  EXPECT_EQ(value("SELECT max(x) FROM a"), "3");
  EXPECT_EQ(history(), "1 2");
}

TEST_P(Contract, ACallbackThatThrowsIsUndone) {
  Batch one = batch();
  one.add_callback(1, [](MigrationContext& context) {
    context.execute("CREATE TABLE a (x INTEGER)");
    throw std::runtime_error("the mill is closed");
  });
  const ApplyResult result = apply(one);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->message, HasSubstr("the mill is closed"));
  EXPECT_FALSE(has_table("a"));
  EXPECT_EQ(history(), "");
  expect_usable();
}

TEST_P(Contract, ACallbacksBadStatementIsItsFailure) {
  Batch one = batch();
  one.add_callback(1, [](MigrationContext& context) { context.execute("INSERT INTO missing VALUES (1)"); });
  const ApplyResult result = apply(one);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::sql);
  EXPECT_THAT(result.error->message, HasSubstr("missing"));
  expect_usable();
}

TEST_P(Contract, AFileThatCommitsByItselfIsNotRecordedAndRemainsTellsTheTruth) {
  Batch two = batch();
  two.add(1, "CREATE TABLE a (x INTEGER);\nCOMMIT;\nCREATE TABLE b (x INTEGER);");
  two.add(2, "CREATE TABLE after_it (x INTEGER);");
  const ApplyResult result = apply(two);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_EQ(result.committed, 0u);
  EXPECT_EQ(result.remains, has_table("a"));
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->where.file, "1_step.sql");
  EXPECT_EQ(history(), "");
  EXPECT_FALSE(has_table("after_it"));
  expect_usable();
}

TEST_P(Contract, TheFilesOwnOuterTransactionIsDropped) {
  Batch one = batch();
  Step& step = one.add(1, "BEGIN;\nCREATE TABLE a (x INTEGER);\nINSERT INTO missing VALUES (1);\nCOMMIT;\n");
  step.drop_outer_transaction = true;
  const ApplyResult result = apply(one);
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_FALSE(result.remains);
  EXPECT_FALSE(has_table("a"));

  Batch good = batch();
  good.add(1, "BEGIN;\nCREATE TABLE a (x INTEGER);\nCOMMIT;\n").drop_outer_transaction = true;
  EXPECT_EQ(apply(good).outcome, ApplyOutcome::done);
  EXPECT_EQ(history(), "1");
}

TEST_P(Contract, AnInterruptInsideALongStatementRollsBack) {
  Batch two = batch();
  two.add(1, "CREATE TABLE a (x INTEGER);");
  two.add(2, "CREATE TABLE half (x INTEGER);\n" + database_->endless_statement() + ";");
  recorder_.interrupt_at_tick = &interrupt_;
  const ApplyResult result = apply(two);
  EXPECT_EQ(result.outcome, ApplyOutcome::interrupted);
  EXPECT_EQ(result.committed, 1u);
  EXPECT_FALSE(result.remains);
  // The interrupt stays requested: another session looks.
  SessionOptions calm;
  session_ = driver_->open(database_->url(), calm);
  EXPECT_EQ(history(), "1");
  EXPECT_FALSE(has_table("half"));
}

TEST_P(Contract, AnInterruptBeforehandStartsNothing) {
  interrupt_.request(SIGINT);
  Batch one = batch();
  one.add(1, "CREATE TABLE a (x INTEGER);");
  const auto units = one.units();
  const ApplyResult result = session_->apply(units, TransactionScope::each, std::nullopt, recorder_);
  EXPECT_EQ(result.outcome, ApplyOutcome::interrupted);
  EXPECT_EQ(result.committed, 0u);
  SessionOptions calm;
  session_ = driver_->open(database_->url(), calm);
  EXPECT_FALSE(has_table("a"));
}

TEST_P(Contract, UpDownUp) {
  const auto steps = [&](Direction direction) {
    Batch two = batch();
    const int order[] = {direction == Direction::up ? 1 : 2, direction == Direction::up ? 2 : 1};
    for (const int version : order) {
      Step& step = two.add(version, fmt::format("CREATE TABLE t{} (x INTEGER);", version),
                           fmt::format("DROP TABLE t{};", version));
      step.direction = direction;
    }
    two.rows = direction == Direction::up ? 0 : 2;
    return two;
  };
  EXPECT_EQ(apply(steps(Direction::up)).committed, 2u);
  EXPECT_EQ(history(), "1 2");
  EXPECT_EQ(apply(steps(Direction::down)).committed, 2u);
  EXPECT_EQ(history(), "");
  EXPECT_FALSE(has_table("t1"));
  EXPECT_EQ(apply(steps(Direction::up)).committed, 2u);
  EXPECT_EQ(history(), "1 2");
  EXPECT_TRUE(has_table("t2"));
}

}  // namespace dunlin::contract
