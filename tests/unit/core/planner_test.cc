#include "core/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"
#include "support/fake_database.h"

namespace dunlin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PlannerTest : public ::testing::Test {
 protected:
  void file(int number, std::string text, TransactionMode mode = TransactionMode::wrapped) {
    Migration& migration = catalog.migrations.at(static_cast<std::size_t>(number) - 1);
    migration.checksum = text;
    migration.up = Script::from_text(std::move(text), "migrations/" + std::to_string(number) + ".sql");
    migration.mode = mode;
  }
  void applied(std::initializer_list<int> versions) {
    for (const int number : versions) {
      AppliedMigration row;
      row.version = test::version(number);
      row.checksum = catalog.migrations.size() >= static_cast<std::size_t>(number)
                         ? catalog.migrations.at(static_cast<std::size_t>(number) - 1).checksum
                         : "";
      history.push_back(std::move(row));
    }
  }
  Plan up() { return plan_up(catalog, scheme, make_status(catalog, scheme, history), Dialect::postgres, options); }
  Plan down() { return plan_down(catalog, scheme, make_status(catalog, scheme, history), Dialect::postgres, options); }
  static std::vector<std::string> versions(const Plan& plan) {
    std::vector<std::string> versions;
    for (const Step& step : plan.steps) versions.push_back(step.migration.version.text);
    return versions;
  }

  Catalog catalog = test::catalog(4);
  test::FakeScheme scheme;
  std::vector<AppliedMigration> history;
  RunOptions options;
};

TEST_F(PlannerTest, PlansWhatIsPendingInOrder) {
  applied({1});
  EXPECT_THAT(versions(up()), ElementsAre("2", "3", "4"));
}

TEST_F(PlannerTest, StopsAtTheTargetAndAtTheNumberOfSteps) {
  options.to = "3";
  EXPECT_THAT(versions(up()), ElementsAre("1", "2", "3"));
  options.steps = 1;
  const Plan plan = up();
  EXPECT_THAT(versions(plan), ElementsAre("1"));
  EXPECT_EQ(plan.left_pending, 3U);
}

TEST_F(PlannerTest, ATargetBelowTheSchemaIsAMistakeThatNamesDown) {
  applied({1, 2, 3});
  options.to = "2";
  try {
    up();
    FAIL() << "no error";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::usage);
    EXPECT_THAT(failure.error().hint, HasSubstr("dunlin down --to 2"));
  }
}

TEST_F(PlannerTest, OutOfOrderIsAWarningOrARefusalAsTheFormatHasIt) {
  applied({3});
  EXPECT_FALSE(up().refusal);
  catalog.out_of_order_allowed = false;
  EXPECT_EQ(up().refusal->kind, ErrorKind::validation);
  options.allow_out_of_order = true;
  EXPECT_FALSE(up().refusal);
}

TEST_F(PlannerTest, AheadIsANoteAndNoError) {
  applied({1, 9});
  const Plan plan = up();
  EXPECT_FALSE(plan.refusal);
  ASSERT_FALSE(plan.diagnostics.empty());
  EXPECT_EQ(plan.diagnostics.front().code, "ahead");
}

TEST_F(PlannerTest, AMissingFileRefusesUnlessIgnored) {
  applied({1, 2});
  catalog.migrations.erase(catalog.migrations.begin());
  EXPECT_EQ(up().refusal->kind, ErrorKind::validation);
  options.ignore_missing = true;
  EXPECT_FALSE(up().refusal);
}

TEST_F(PlannerTest, ABrokenFileStopsOnlyPlansThatWouldRunIt) {
  file(2, "COPY t FROM stdin;\n1\n\\.\n");
  EXPECT_EQ(up().refusal->kind, ErrorKind::source);
  applied({1, 2});
  EXPECT_FALSE(up().refusal);
}

TEST_F(PlannerTest, AWrappedFileIsATransaction) {
  const Plan plan = up();
  EXPECT_EQ(plan.steps[0].execution, Execution::transaction);
  EXPECT_EQ(plan.steps[0].statement_count, 1U);
}

TEST_F(PlannerTest, Rule1_9_ItsOwnBeginAndCommitAreDropped) {
  file(1, "BEGIN ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a (i int);\nCOMMIT;\n");
  const Step step = up().steps[0];
  EXPECT_EQ(step.execution, Execution::transaction);
  EXPECT_TRUE(step.drop_outer_transaction);
  EXPECT_EQ(step.transaction_characteristics, "ISOLATION LEVEL SERIALIZABLE");
  EXPECT_EQ(step.statement_count, 1U);
  std::vector<bool> dropped;
  for_each_statement(step, Dialect::postgres, [&](const PlannedStatement& s) { dropped.push_back(s.dropped); });
  EXPECT_THAT(dropped, ElementsAre(true, false, true));
}

TEST_F(PlannerTest, Rule1_9_AnyOtherOwnTransactionIsSelfManaged) {
  file(1, "CREATE TABLE a (i int); COMMIT; CREATE TABLE b (i int);");
  EXPECT_EQ(up().steps[0].execution, Execution::self_managed);
  file(1, "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;");
  EXPECT_EQ(up().steps[0].execution, Execution::self_managed);
}

TEST_F(PlannerTest, Rule1_9_ARollbackAtTheTopIsRefused) {
  file(1, "CREATE TABLE a (i int); ROLLBACK;");
  EXPECT_EQ(up().refusal->kind, ErrorKind::source);
  file(1, "CREATE TABLE a (i int); PREPARE TRANSACTION 'x';");
  EXPECT_EQ(up().refusal->kind, ErrorKind::source);
}

TEST_F(PlannerTest, Rule1_10_AConcurrentIndexInATransactionIsRefusedWithTheMark) {
  file(1, "-- why\nCREATE INDEX CONCURRENTLY i ON t (x);");
  const Plan plan = up();
  ASSERT_TRUE(plan.refusal);
  EXPECT_THAT(plan.refusal->hint, HasSubstr("-- no-transaction"));
  EXPECT_EQ(plan.refusal->where.line, 2);
}

TEST_F(PlannerTest, Rule1_11_AWholeFileIsOneTransactionUnlessAStatementRefuses) {
  file(1, "-- no-transaction\nCREATE TABLE a (i int); CREATE TABLE b (i int);", TransactionMode::whole_file);
  file(2, "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (x);", TransactionMode::whole_file);
  file(3, "-- no-transaction\nSELECT 1; VACUUM t;", TransactionMode::whole_file);
  file(4, "-- no-transaction\nSELECT 1; CALL p();", TransactionMode::whole_file);
  const Plan plan = up();
  EXPECT_EQ(plan.steps[0].execution, Execution::transaction);
  EXPECT_EQ(plan.steps[1].execution, Execution::journalled);
  EXPECT_THAT(plan.steps[1].reason, HasSubstr("CREATE INDEX CONCURRENTLY"));
  EXPECT_EQ(plan.steps[2].execution, Execution::journalled);
  EXPECT_EQ(plan.steps[3].execution, Execution::journalled);
}

TEST_F(PlannerTest, TransactionNoneIsJournalledThroughout) {
  options.transaction = TransactionScope::none;
  EXPECT_EQ(up().steps[0].execution, Execution::journalled);
}

TEST_F(PlannerTest, TransactionAllRefusesAFileThatCannotShareOne) {
  options.transaction = TransactionScope::all;
  file(2, "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (x);", TransactionMode::whole_file);
  const Plan plan = up();
  ASSERT_TRUE(plan.refusal);
  EXPECT_EQ(plan.refusal->kind, ErrorKind::safety);
  EXPECT_THAT(plan.refusal->message, HasSubstr("2"));
}

TEST_F(PlannerTest, Rule1_7_WarnsWhenAFileLeavesStateBehind) {
  file(1, "SET search_path = s1;\nCREATE TABLE a (i int);");
  const Plan plan = up();
  EXPECT_FALSE(plan.refusal);
  ASSERT_EQ(plan.diagnostics.size(), 1U);
  EXPECT_EQ(plan.diagnostics[0].code, "leaves-state");
  EXPECT_THAT(plan.diagnostics[0].message, HasSubstr("search_path"));
}

TEST_F(PlannerTest, DownUndoesOneByDefault) {
  applied({1, 2, 3});
  EXPECT_THAT(versions(down()), ElementsAre("3"));
}

TEST_F(PlannerTest, DownToKeepsTheTarget) {
  applied({1, 2, 3});
  options.to = "1";
  EXPECT_THAT(versions(down()), ElementsAre("3", "2"));
  options.to = "0";
  EXPECT_THAT(versions(down()), ElementsAre("3", "2", "1"));
}

TEST_F(PlannerTest, DownRefusesAFileThatCannotBeUndoneBeforeAnythingRuns) {
  applied({1, 2, 3});
  catalog.migrations[2].down = {};
  const Plan one = down();
  ASSERT_TRUE(one.refusal);
  EXPECT_EQ(one.refusal->kind, ErrorKind::safety);
  EXPECT_TRUE(one.steps.empty());
  options.all = true;
  EXPECT_TRUE(down().refusal);
}

TEST_F(PlannerTest, DownRefusesAnAppliedVersionWithoutAFile) {
  applied({1, 9});
  EXPECT_THAT(down().refusal->message, HasSubstr("9"));
}

}  // namespace
}  // namespace dunlin
