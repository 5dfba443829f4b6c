// The rest of a session: reading, single statements, settings, opening.
#pragma once

#include <set>

#include "db/contract/contract.h"

namespace dunlin::contract {

using testing::ElementsAre;
using testing::Optional;

TEST_P(Contract, QueriesGiveTextAndNulls) {
  const Rows rows =
      session_->query("SELECT 42, 'h\xC3\xA9\xC3\xA9', NULL, '' UNION ALL SELECT 43, 'b', 'c', 'd' ORDER BY 1");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0], ElementsAre(Optional(std::string("42")), Optional(std::string("h\xC3\xA9\xC3\xA9")),
                                   std::nullopt, Optional(std::string())));
  EXPECT_THAT(session_->query("SELECT 1 WHERE 1 = 0"), testing::IsEmpty());
}

TEST_P(Contract, ABadQueryThrowsAndTheSessionGoesOn) {
  try {
    session_->query("SELECT something FROM nowhere");
    FAIL() << "no failure";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::sql);
    EXPECT_THAT(failure.error().message, testing::HasSubstr("nowhere"));
  }
  expect_usable();
}

TEST_P(Contract, LocateFindsTablesAndOnlyThose) {
  EXPECT_TRUE(session_->locate({"", "applied_version"}).exists);
  EXPECT_FALSE(session_->locate({"", "nothing_here"}).exists);
  EXPECT_EQ(session_->locate({"", "nothing_here"}).name.name, "nothing_here");
  const TableLocation odd = session_->locate({"", "it's \"odd\""});
  EXPECT_FALSE(odd.exists);
}

TEST_P(Contract, StatementsTogetherAreCommittedWithTheirRecord) {
  const std::vector<SourceStatement> statements{{"CREATE TABLE a (x INTEGER)", {}}, {"INSERT INTO a VALUES (1)", {}}};
  const std::vector<std::string> record{"INSERT INTO applied_version VALUES (1, 1)"};
  EXPECT_EQ(session_->execute_together(statements, record, nullptr, recorder_).outcome, StatementOutcome::done);
  EXPECT_EQ(value("SELECT x FROM a"), "1");
  EXPECT_EQ(history(), "1");
}

TEST_P(Contract, StatementsTogetherAreAllOrNothing) {
  const SourcePosition where{"1_step.sql", 3, 1, 0};
  const std::vector<SourceStatement> statements{{"CREATE TABLE a (x INTEGER)", {}},
                                                {"INSERT INTO missing VALUES (1)", where}};
  const std::vector<std::string> record{"INSERT INTO applied_version VALUES (1, 1)"};
  const StatementResult result = session_->execute_together(statements, record, nullptr, recorder_);
  EXPECT_EQ(result.outcome, StatementOutcome::failed);
  EXPECT_FALSE(result.refused_in_transaction);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->where.file, "1_step.sql");
  EXPECT_EQ(result.error->where.line, 3);
  EXPECT_FALSE(has_table("a"));
  EXPECT_EQ(history(), "");
  expect_usable();
}

TEST_P(Contract, ARecordThatFailsUndoesTheStatementsTogether) {
  const std::vector<SourceStatement> statements{{"CREATE TABLE a (x INTEGER)", {}}};
  const std::vector<std::string> record{"INSERT INTO missing VALUES (1)"};
  EXPECT_EQ(session_->execute_together(statements, record, nullptr, recorder_).outcome, StatementOutcome::failed);
  EXPECT_FALSE(has_table("a"));
  expect_usable();
}

TEST_P(Contract, WhatIsRefusedInATransactionIsToldApartAndRunsAlone) {
  const SourceStatement vacuum{"VACUUM", {}};
  const StatementResult together = session_->execute_together({&vacuum, 1}, {}, nullptr, recorder_);
  EXPECT_EQ(together.outcome, StatementOutcome::failed);
  EXPECT_TRUE(together.refused_in_transaction);
  EXPECT_EQ(session_->execute(vacuum, nullptr, recorder_).outcome, StatementOutcome::done);
  expect_usable();
}

TEST_P(Contract, AFailedStatementAloneLeavesTheSessionUsable) {
  const StatementResult result =
      session_->execute({"INSERT INTO missing VALUES (1)", {"2_step.sql", 7, 1, 0}}, nullptr, recorder_);
  EXPECT_EQ(result.outcome, StatementOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->where.line, 7);
  expect_usable();
}

TEST_P(Contract, AFilesOwnTransactionStaysOpenBetweenStatements) {
  execute("BEGIN");
  execute("CREATE TABLE a (x INTEGER)");
  execute("ROLLBACK");
  EXPECT_FALSE(has_table("a"));
  execute("BEGIN");
  execute("CREATE TABLE b (x INTEGER)");
  execute("COMMIT");
  EXPECT_TRUE(has_table("b"));
  expect_usable();
}

TEST_P(Contract, AnInterruptStopsAStatementAlone) {
  recorder_.interrupt_at_tick = &interrupt_;
  const std::string endless = database_->endless_statement();
  EXPECT_EQ(session_->execute({endless, {}}, nullptr, recorder_).outcome, StatementOutcome::interrupted);
}

TEST_P(Contract, SessionsHaveTheirOwnNames) {
  const auto other = driver_->open(database_->url(), options_);
  EXPECT_FALSE(session_->backend() == other->backend());
  EXPECT_TRUE(session_->backend() == session_->backend());
}

TEST_P(Contract, TheRunLockIsOneSessionsWhereThereIsOne) {
  const RunLock lock{.key = 815, .name = "contract"};
  const auto other = driver_->open(database_->url(), options_);
  EXPECT_TRUE(session_->try_lock(lock));
  EXPECT_TRUE(session_->holds(lock));
  EXPECT_EQ(other->try_lock(lock), !database_->has_run_lock());
  EXPECT_EQ(other->lock_holders(lock).size(), database_->has_run_lock() ? 1u : 0u);
  session_->unlock(lock);
  EXPECT_TRUE(other->try_lock(lock));
}

TEST_P(Contract, ServerInfoNamesTheProductAndTheDatabase) {
  EXPECT_FALSE(session_->server().product.empty());
  EXPECT_GT(session_->server().version, 0);
  EXPECT_EQ(session_->server().database, driver_->describe(database_->url()).database);
}

TEST_P(Contract, AMissingDatabaseIsAFailureToConnect) {
  for (const bool read_only : {false, true}) {
    SessionOptions options;
    options.read_only = read_only;
    try {
      driver_->open(database_->missing_url(), options);
      FAIL() << "no failure";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().kind, ErrorKind::connect);
      EXPECT_THAT(failure.error().hint, testing::HasSubstr("dunlin create"));
    }
  }
}

TEST_P(Contract, AReadingSessionSeesWhatAWriterCommits) {
  SessionOptions reading;
  reading.read_only = true;
  const auto reader = driver_->open(database_->url(), reading);
  EXPECT_EQ(reader->query("SELECT count(*) FROM applied_version").at(0).at(0), "0");
  execute("INSERT INTO applied_version VALUES (1, 1)");
  EXPECT_EQ(reader->query("SELECT count(*) FROM applied_version").at(0).at(0), "1");
}

}  // namespace dunlin::contract
