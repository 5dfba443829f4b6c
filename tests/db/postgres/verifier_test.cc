// Section 3 of the protocol: what became of a statement that shared no transaction with its journal row.
#include <fmt/format.h>

#include "fixture.h"

namespace dunlin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = Verdict::State;

class Verifier : public Protocol {
 protected:
  void SetUp() override {
    Protocol::SetUp();
    session_ = open();
    run("CREATE TABLE t AS SELECT 1 AS x, 2 AS y");
  }
  void TearDown() override {
    session_.reset();
    Protocol::TearDown();
  }
  StatementResult execute(const std::string& sql) { return session_->execute({sql, {}}, nullptr, recorder_); }
  std::string remember(const std::string& sql) { return session_->remember({sql, {}}); }
  Verdict verify(const std::string& sql, const std::string& remembered) {
    return session_->verify({sql, {}}, remembered);
  }
  // A unique index over equal values cannot be built, and what is left of it is invalid.
  void make_unbuildable() { run("INSERT INTO t VALUES (1, 2)"); }
  void clean(const Verdict& verdict) {
    for (const std::string& sql : verdict.cleanup) ASSERT_EQ(execute(sql).outcome, StatementOutcome::done) << sql;
  }

  std::unique_ptr<Session> session_;
  Recorder recorder_;
};

TEST_F(Verifier, Rule3_4_AFailedIndexBuildLeftAnInvalidIndex) {
  const std::string sql = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (x)";
  make_unbuildable();
  const std::string before = remember(sql);
  EXPECT_EQ(execute(sql).error->sqlstate, "23505");
  const Verdict verdict = verify(sql, before);
  EXPECT_EQ(verdict.state, State::not_done);
  EXPECT_THAT(verdict.evidence, HasSubstr("invalid"));
  EXPECT_THAT(verdict.cleanup, ElementsAre("DROP INDEX CONCURRENTLY IF EXISTS \"public\".\"i\""));
  clean(verdict);
  run("DELETE FROM t");
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::done);
  EXPECT_EQ(verify(sql, before).state, State::done);
}

TEST_F(Verifier, Rule3_3_AnIndexLivesInItsTablesSchema) {
  run("CREATE SCHEMA s2");
  run("CREATE TABLE s2.w (x int)");
  execute("SET search_path = s2, public");
  const std::string sql = "CREATE INDEX CONCURRENTLY \"Wi\" ON w (x)";
  const std::string before = remember(sql);
  EXPECT_THAT(before, HasSubstr("path=s2, public"));
  EXPECT_EQ(verify(sql, before).state, State::not_done);
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::done);
  session_->reset_state();
  const auto later = open();
  EXPECT_EQ(later->verify({sql, {}}, before).state, State::done) << "also without the search_path of then";
}

TEST_F(Verifier, Rule3_3_AnUnnamedIndexIsFoundByWhatIsNew) {
  run("CREATE INDEX ON t (x)");
  const std::string sql = "CREATE UNIQUE INDEX CONCURRENTLY ON t (x)";
  make_unbuildable();
  const std::string before = remember(sql);
  EXPECT_EQ(verify(sql, before).state, State::not_done);
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::failed);
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::failed);
  const Verdict verdict = verify(sql, before);
  EXPECT_EQ(verdict.state, State::not_done);
  EXPECT_EQ(verdict.cleanup.size(), 2U);
  clean(verdict);
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass"), "1") << "the older one stays";
  run("DELETE FROM t");
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::done);
  EXPECT_EQ(verify(sql, before).state, State::done);
}

TEST_F(Verifier, Rule3_3_AnotherNewIndexIsNotTakenForOurs) {
  const std::string sql = "CREATE INDEX CONCURRENTLY ON t (x)";
  const std::string before = remember(sql);
  run("CREATE INDEX somebodys ON t (y)");
  EXPECT_EQ(verify(sql, before).state, State::unknown);
}

TEST_F(Verifier, Rule3_3_IfNotExistsOverAnInvalidIndexIsAnError) {
  make_unbuildable();
  execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (x)");
  run("DELETE FROM t");
  const std::string sql = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (x)";
  const std::string before = remember(sql);
  const StatementResult result = execute(sql);
  EXPECT_EQ(result.outcome, StatementOutcome::failed);
  EXPECT_THAT(result.error->message, HasSubstr("exists but is invalid"));
  EXPECT_THAT(result.error->hint, HasSubstr("DROP INDEX CONCURRENTLY \"public\".\"i\""));
  const Verdict verdict = verify(sql, before);
  EXPECT_EQ(verdict.state, State::not_done);
  EXPECT_TRUE(verdict.cleanup.empty()) << "somebody else's index is not dropped";
  execute("DROP INDEX CONCURRENTLY i");
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::done);
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::done);
}

TEST_F(Verifier, Rule3_3_ADroppedIndexIsDone) {
  run("CREATE INDEX i ON t (x)");
  const std::string sql = "DROP INDEX CONCURRENTLY IF EXISTS i";
  const std::string before = remember(sql);
  EXPECT_EQ(verify(sql, before).state, State::not_done);
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::done);
  run("CREATE INDEX i ON t (y)");
  EXPECT_EQ(verify(sql, before).state, State::done) << "another one of that name has come since";
}

TEST_F(Verifier, Rule3_3_AReindexLeavesCopiesThatAreCleared) {
  run("CREATE INDEX i ON t (x)");
  const std::string sql = "REINDEX INDEX CONCURRENTLY i";
  const std::string before = remember(sql);
  EXPECT_EQ(verify(sql, before).state, State::not_done);
  // As a REINDEX that was cut off leaves it.
  run("CREATE INDEX i_ccnew ON t (x)");
  run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i_ccnew'::regclass");
  const Verdict verdict = verify(sql, before);
  EXPECT_EQ(verdict.state, State::not_done);
  EXPECT_THAT(verdict.cleanup, ElementsAre("DROP INDEX CONCURRENTLY IF EXISTS \"public\".\"i_ccnew\""));
  clean(verdict);
  EXPECT_EQ(execute(sql).outcome, StatementOutcome::done);
  EXPECT_EQ(verify(sql, before).state, State::done);
  const std::string whole = "REINDEX (VERBOSE, CONCURRENTLY) TABLE t";
  const std::string before_whole = remember(whole);
  EXPECT_EQ(verify(whole, before_whole).state, State::not_done);
  EXPECT_EQ(execute(whole).outcome, StatementOutcome::done);
  EXPECT_EQ(verify(whole, before_whole).state, State::done);
}

TEST_F(Verifier, Rule3_3_AHalfDoneDetachIsFinishedByRunningItAgain) {
  run("CREATE TABLE p (x int) PARTITION BY LIST (x)");
  run("CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)");
  const std::string sql = "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY";
  const std::string before = remember(sql);
  EXPECT_EQ(verify(sql, before).state, State::not_done);
  {
    const auto reader = open();
    reader->execute({"BEGIN", {}}, nullptr, recorder_);
    reader->execute({"SELECT * FROM p", {}}, nullptr, recorder_);
    Interrupt interrupt;
    const auto stopped = open({.interrupt = &interrupt});
    std::thread signal([&] {
      wait_until("EXISTS (SELECT 1 FROM pg_inherits WHERE inhdetachpending)");
      interrupt.request(15);
    });
    Steps steps;
    steps.add("");
    EXPECT_EQ(stopped->execute({sql, {}}, &steps[0], recorder_).outcome, StatementOutcome::interrupted);
    signal.join();
  }
  const Verdict verdict = verify(sql, before);
  EXPECT_EQ(verdict.state, State::not_done);
  EXPECT_THAT(verdict.evidence, HasSubstr("pending"));
  const StatementResult again = execute(sql);
  EXPECT_EQ(again.outcome, StatementOutcome::done) << (again.error ? again.error->message : "");
  EXPECT_EQ(verify(sql, before).state, State::done);
}

TEST_F(Verifier, Rule3_3_DatabasesAndEnumValuesAreLookedUp) {
  const std::string create = "CREATE DATABASE \"Other " + database_ + "\"";
  const std::string before = remember(create);
  EXPECT_EQ(verify(create, before).state, State::not_done);
  ASSERT_EQ(execute(create).outcome, StatementOutcome::done);
  EXPECT_EQ(verify(create, before).state, State::done);
  const std::string drop = "DROP DATABASE \"Other " + database_ + "\"";
  const std::string before_drop = remember(drop);
  EXPECT_EQ(verify(drop, before_drop).state, State::not_done);
  ASSERT_EQ(execute(drop).outcome, StatementOutcome::done);
  EXPECT_EQ(verify(drop, before_drop).state, State::done);

  run("CREATE TYPE mood AS ENUM ('a')");
  const std::string add = "ALTER TYPE mood ADD VALUE 'it''s'";
  const std::string before_add = remember(add);
  EXPECT_EQ(verify(add, before_add).state, State::not_done);
  ASSERT_EQ(execute(add).outcome, StatementOutcome::done);
  EXPECT_EQ(verify(add, before_add).state, State::done);
}

TEST_F(Verifier, Rule3_3_WhatMayBeRepeatedIsAndACallIsNeverGuessed) {
  for (const std::string sql : {"VACUUM t", "ANALYZE", "ALTER SYSTEM SET work_mem = '5MB'", "REINDEX DATABASE x",
                                "REFRESH MATERIALIZED VIEW CONCURRENTLY v"}) {
    EXPECT_EQ(verify(sql, remember(sql)).state, State::not_done) << sql;
  }
  for (const std::string sql : {"CALL refill()", "DO $$ BEGIN COMMIT; END $$"}) {
    EXPECT_EQ(verify(sql, remember(sql)).state, State::unknown) << sql;
  }
}

TEST_F(Protocol, Rule3_1_StatementsAndTheirRowsCommitTogether) {
  const auto session = open();
  Recorder recorder;
  const SourceStatement good{"CREATE TABLE a (x int)", {}};
  const std::string note = "INSERT INTO public.history VALUES (1)";
  EXPECT_EQ(session->execute_together({&good, 1}, {&note, 1}, nullptr, recorder).outcome, StatementOutcome::done);
  EXPECT_EQ(history(), "1");
  const SourceStatement next{"CREATE TABLE b (x int)", {}};
  EXPECT_EQ(session->execute_together({&next, 1}, {&note, 1}, nullptr, recorder).error->sqlstate, "23505");
  EXPECT_EQ(value("SELECT to_regclass('b')"), "(null)");
  EXPECT_EQ(session->query("SELECT 1")[0][0], "1") << "usable again";
}

TEST_F(Protocol, Rule3_2_SessionStateStaysBetweenStatementsButRecordsAreOurs) {
  run("CREATE ROLE plain_" + database_);
  run("GRANT CREATE ON SCHEMA public TO plain_" + database_);
  const auto session = open();
  Recorder recorder;
  for (const std::string set : {"SET ROLE plain_", "SET SESSION AUTHORIZATION plain_"}) {
    run("DELETE FROM history");
    ASSERT_EQ(session->execute({set + database_, {}}, nullptr, recorder).outcome, StatementOutcome::done);
    const SourceStatement statement{"CREATE TEMP TABLE x AS SELECT current_user AS u", {}};
    const std::string note = "INSERT INTO public.history VALUES (1)";
    const StatementResult result = session->execute_together({&statement, 1}, {&note, 1}, nullptr, recorder);
    EXPECT_EQ(result.outcome, StatementOutcome::done) << (result.error ? result.error->message : "");
    EXPECT_EQ(session->query("SELECT current_user")[0][0], "plain_" + database_) << set << ": the file's role is back";
    EXPECT_EQ(session->query("SELECT u FROM x")[0][0], "plain_" + database_);
    session->execute({"DROP TABLE x", {}}, nullptr, recorder);
    session->reset_state();
    EXPECT_EQ(session->query("SELECT current_user = session_user")[0][0], "t");
    EXPECT_NE(session->query("SELECT current_user")[0][0], "plain_" + database_);
  }
  run("DROP OWNED BY plain_" + database_);
  run("DROP ROLE plain_" + database_);
}

}  // namespace
}  // namespace dunlin::testing
