#include <atomic>
#include <filesystem>
#include <thread>

#include <sqlite3.h>

#include "db/sqlite/fixture.h"

namespace dunlin::sqlite {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Another process, as far as SQLite is concerned: a connection of its own.
class Other {
 public:
  explicit Other(const Scratch& scratch) { sqlite3_open(scratch.path().c_str(), &handle_); }
  ~Other() { sqlite3_close_v2(handle_); }
  int run(const char* sql) { return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); }
  // A read transaction stays open until finish().
  void start_reading(const char* table) {
    sqlite3_prepare_v2(handle_, fmt::format("SELECT * FROM {}", table).c_str(), -1, &reading_, nullptr);
    ASSERT_EQ(sqlite3_step(reading_), SQLITE_ROW);
  }
  void finish() { sqlite3_finalize(std::exchange(reading_, nullptr)); }

 private:
  sqlite3* handle_ = nullptr;
  sqlite3_stmt* reading_ = nullptr;
};

// Does something when the driver first says that it waits: no test needs to guess a time.
class WhenWaiting : public contract::Recorder {
 public:
  explicit WhenWaiting(std::function<void()> then) : then_(std::move(then)) {}
  void waiting_for_run_lock(const std::vector<Blocker>& holders, std::chrono::milliseconds waited) override {
    EXPECT_TRUE(holders.empty());
    Recorder::waiting_for_run_lock(holders, waited);
    if (waits == 1) then_();
  }

 private:
  std::function<void()> then_;
};

TEST_F(Protocol, Rule4_2_OwnTransactionWordsStopBeforeTheyAct) {
  for (const std::string word : {"COMMIT", "END", "END TRANSACTION", "ROLLBACK", "BEGIN", "BEGIN IMMEDIATE"}) {
    const ApplyResult result = migrate(1, "CREATE TABLE a (x);\n" + word + ";\nCREATE TABLE b (x);");
    EXPECT_EQ(result.outcome, ApplyOutcome::failed) << word;
    EXPECT_FALSE(result.remains) << word;
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->kind, ErrorKind::source);
    EXPECT_EQ(result.error->where.line, 2);
    EXPECT_EQ(result.error->line_text, word + ";");
    EXPECT_FALSE(has_table("a"));
    EXPECT_FALSE(recorded(1));
  }
}

TEST_F(Protocol, Rule4_2_SavepointsAreTheFilesOwnBusiness) {
  const ApplyResult result =
      migrate(1, "SAVEPOINT s;\nCREATE TABLE a (x);\nROLLBACK TO s;\nRELEASE s;\nCREATE TABLE b (x);");
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_FALSE(has_table("a"));
  EXPECT_TRUE(has_table("b"));
}

TEST_F(Protocol, Rule4_2_AStatementThatRollsTheTransactionBackLeavesNothing) {
  run("CREATE TABLE u (x UNIQUE)");
  run("CREATE TABLE g (x)");
  run("CREATE TRIGGER never BEFORE INSERT ON g BEGIN SELECT RAISE(ROLLBACK, 'never'); END");
  for (const std::string statement : {"INSERT OR ROLLBACK INTO u VALUES (1), (1);", "INSERT INTO g VALUES (1);"}) {
    const ApplyResult result = migrate(1, "CREATE TABLE a (x);\n" + statement + "\nCREATE TABLE b (x);");
    EXPECT_EQ(result.outcome, ApplyOutcome::failed);
    EXPECT_FALSE(result.remains);
    EXPECT_EQ(result.error->where.line, 2);
    EXPECT_EQ(result.error->sqlstate, "SQLITE_CONSTRAINT");
    EXPECT_FALSE(has_table("a"));
    EXPECT_FALSE(has_table("b"));
    EXPECT_FALSE(recorded(1));
  }
}

TEST_F(Protocol, Rule4_2_OuterBeginAndCommitAreDroppedWithTheirMode) {
  contract::Batch one = batch();
  Step& step = one.add(1, "BEGIN EXCLUSIVE;\nCREATE TABLE a (x);\nEND;");
  step.drop_outer_transaction = true;
  EXPECT_EQ(apply(one).outcome, ApplyOutcome::done);
  EXPECT_TRUE(recorded(1));
}

TEST_F(Protocol, Rule4_3_CommitBusyIsRetried) {
  run("CREATE TABLE seen (x)");
  run("INSERT INTO seen VALUES (1), (2)");
  options_.busy_timeout = 30ms;
  open();
  Other reader(scratch_);
  reader.start_reading("seen");
  int statements_then = 0;
  std::thread later;
  WhenWaiting observer([&] {
    statements_then = observer.statements;
    // Longer than the busy timeout: COMMIT answers SQLITE_BUSY at least once.
    later = std::thread([&] {
      std::this_thread::sleep_for(50ms);
      reader.finish();
    });
  });
  contract::Batch one = batch();
  one.add(1, "CREATE TABLE a (x);");
  const ApplyResult result = session_->apply(one.units(), TransactionScope::each, std::nullopt, observer);
  later.join();
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_GE(observer.waits, 2);
  EXPECT_EQ(statements_then, 1);
  EXPECT_EQ(observer.statements, 1);
  EXPECT_TRUE(recorded(1));
}

TEST_F(Protocol, Rule4_3_ACommitThatStaysBusyIsRolledBackAndRetryable) {
  run("CREATE TABLE seen (x)");
  run("INSERT INTO seen VALUES (1), (2)");
  options_.busy_timeout = 5ms;
  open();
  Other reader(scratch_);
  reader.start_reading("seen");
  const ApplyResult result = migrate(1, "CREATE TABLE a (x);");
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_TRUE(result.retryable);
  EXPECT_FALSE(result.remains);
  EXPECT_EQ(result.error->sqlstate, "SQLITE_BUSY");
  reader.finish();
  EXPECT_FALSE(has_table("a"));
  EXPECT_EQ(migrate(1, "CREATE TABLE a (x);").outcome, ApplyOutcome::done);
}

TEST_F(Protocol, Rule4_3_AWriterIsWaitedForBeforeAnythingRuns) {
  Other writer(scratch_);
  ASSERT_EQ(writer.run("BEGIN IMMEDIATE; CREATE TABLE theirs (x)"), SQLITE_OK);
  WhenWaiting observer([&] { EXPECT_EQ(writer.run("COMMIT"), SQLITE_OK); });
  contract::Batch one("dunlin_elapsed_ns()");
  one.add(1, "CREATE TABLE a AS SELECT count(*) AS n FROM theirs;");
  const ApplyResult result = session_->apply(one.units(), TransactionScope::each, std::nullopt, observer);
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_GE(observer.waits, 1);
}

TEST_F(Protocol, Rule4_3_AWriterThatStaysIsLockBusyAndRetryable) {
  options_.busy_timeout = 5ms;
  open();
  Other writer(scratch_);
  ASSERT_EQ(writer.run("BEGIN IMMEDIATE"), SQLITE_OK);
  const ApplyResult result = migrate(1, "CREATE TABLE a (x);");
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  EXPECT_TRUE(result.retryable);
  EXPECT_EQ(result.error->kind, ErrorKind::lock_busy);
  ASSERT_EQ(writer.run("COMMIT"), SQLITE_OK);
  EXPECT_EQ(migrate(1, "CREATE TABLE a (x);").outcome, ApplyOutcome::done);
}

TEST_F(Protocol, Rule4_3_AnInterruptEndsTheWait) {
  Other writer(scratch_);
  ASSERT_EQ(writer.run("BEGIN IMMEDIATE"), SQLITE_OK);
  WhenWaiting observer([&] { interrupt_.request(SIGTERM); });
  contract::Batch one("dunlin_elapsed_ns()");
  one.add(1, "CREATE TABLE a (x);");
  const ApplyResult result = session_->apply(one.units(), TransactionScope::each, std::nullopt, observer);
  EXPECT_EQ(result.outcome, ApplyOutcome::interrupted);
}

TEST_F(Protocol, Rule4_4_PragmasThatFailInATransactionHintAtTheMark) {
  for (const std::string statement : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF", "VACUUM"}) {
    const ApplyResult result = migrate(1, "\n" + statement + ";\nCREATE TABLE a (x);");
    EXPECT_EQ(result.outcome, ApplyOutcome::failed) << statement;
    ASSERT_TRUE(result.error) << statement;
    EXPECT_THAT(result.error->hint, HasSubstr("-- no-transaction")) << statement;
    EXPECT_EQ(result.error->where.line, 2) << statement;
    EXPECT_FALSE(result.retryable) << statement;
    EXPECT_FALSE(has_table("a"));
  }
}

TEST_F(Protocol, Rule4_4_AJournalModeThatSqliteSilentlyKeepsIsWarnedAbout) {
  EXPECT_EQ(migrate(1, "CREATE TABLE a (x);\nPRAGMA journal_mode = WAL;\nPRAGMA journal_mode = DELETE;").outcome,
            ApplyOutcome::done);
  EXPECT_EQ(codes(), "pragma-does-nothing:2");
  EXPECT_EQ(value("PRAGMA journal_mode"), "delete");
}

TEST_F(Protocol, Rule4_4_ACheckpointInATransactionHintsAtTheMark) {
  run("PRAGMA journal_mode = WAL");
  const ApplyResult result = migrate(1, "CREATE TABLE a (x);\nPRAGMA wal_checkpoint;");
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->hint, HasSubstr("-- no-transaction"));
  EXPECT_FALSE(result.retryable);
}

TEST_F(Protocol, Rule4_4_PragmasThatDoNothingInATransactionAreWarnedAbout) {
  EXPECT_EQ(migrate(1, "PRAGMA page_size = 8192;\n\nPRAGMA auto_vacuum = FULL;").outcome, ApplyOutcome::done);
  EXPECT_EQ(codes(), "pragma-does-nothing:1 pragma-does-nothing:3");
  EXPECT_EQ(recorder_.diagnostics[1].where.file, "1_step.sql");
  EXPECT_EQ(recorder_.diagnostics[1].line_text, "PRAGMA auto_vacuum = FULL;");
  recorder_.diagnostics.clear();
  EXPECT_EQ(migrate(2, "PRAGMA foreign_keys = ON;\nPRAGMA page_size;\nPRAGMA table_info(applied_version);").outcome,
            ApplyOutcome::done);
  EXPECT_EQ(codes(), "");
}

TEST_F(Protocol, Rule4_4_WhatDoesNotWorkTogetherIsToldApart) {
  for (const std::string_view sql :
       {"PRAGMA foreign_keys = OFF", "PRAGMA journal_mode = WAL", "PRAGMA page_size = 8192", "PRAGMA wal_checkpoint",
        "VACUUM", "BEGIN", "PRAGMA synchronous = NORMAL"}) {
    const SourceStatement statement{sql, {}};
    const StatementResult result = session_->execute_together({&statement, 1}, {}, nullptr, recorder_);
    EXPECT_TRUE(result.refused_in_transaction) << sql;
  }
  EXPECT_EQ(value("PRAGMA foreign_keys"), "1");
  EXPECT_EQ(value("PRAGMA journal_mode"), "delete");
}

TEST_F(Protocol, Rule4_4_AttachWorksInATransaction) {
  scratch_.made("b.db");
  const ApplyResult result = migrate(
      1, fmt::format("ATTACH '{}' AS other;\nCREATE TABLE other.b (x);\nCREATE TABLE a (x);", scratch_.path("b.db")));
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_TRUE(session_->locate({"other", "b"}).exists);
}

TEST_F(Protocol, Rule4_5_TriggersAreOneStatementAndUnterminatedTextIsRefused) {
  EXPECT_EQ(migrate(1,
                    "CREATE TABLE a (x);\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n  UPDATE a SET x = 1;\n"
                    "  DELETE FROM a WHERE x = CASE WHEN 1 THEN 2 END;\nEND;\nINSERT INTO a VALUES (5);")
                .outcome,
            ApplyOutcome::done);
  EXPECT_EQ(value("SELECT x FROM a"), "1");
  for (const std::string& text : {std::string("CREATE TABLE b (x);\n/* never ends"), std::string("SELECT 'never ends"),
                                  std::string("CREATE TABLE b (x);\0 CREATE", 27)}) {
    const ApplyResult result = migrate(2, text);
    EXPECT_EQ(result.outcome, ApplyOutcome::failed);
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->kind, ErrorKind::source);
    EXPECT_FALSE(has_table("b"));
  }
}

TEST_F(Protocol, Rule4_6_TwoRunnersApplyEachMigrationOnce) {
  constexpr int kRunners = 4;
  constexpr int kMigrations = 20;
  run("CREATE TABLE tally (x)");
  std::atomic<int> applied{0};
  std::vector<std::thread> runners;
  for (int runner = 0; runner < kRunners; ++runner) {
    runners.emplace_back([&] {
      SessionOptions options;
      const auto session = driver_->open(scratch_.url(), options);
      Observer silent;
      // What the engine does: read, plan one, apply, plan again when the history has moved.
      for (;;) {
        const auto done = std::stoul(*session->query("SELECT count(*) FROM applied_version").at(0).at(0));
        if (done == kMigrations) return;
        contract::Batch next("dunlin_elapsed_ns()");
        next.rows = done;
        next.add(static_cast<int>(done) + 1, fmt::format("INSERT INTO tally VALUES ({});", done + 1));
        const ApplyResult result = session->apply(next.units(), TransactionScope::each, std::nullopt, silent);
        if (result.outcome == ApplyOutcome::done)
          ++applied;
        else
          ASSERT_EQ(result.outcome, ApplyOutcome::moved) << (result.error ? result.error->message : "");
      }
    });
  }
  for (std::thread& runner : runners) runner.join();
  EXPECT_EQ(applied, kMigrations);
  EXPECT_EQ(value("SELECT count(*) || '/' || count(DISTINCT x) FROM tally"), "20/20");
}

TEST_F(SqliteTest, TheJournalIsKeptThroughABatchAndNoLonger) {
  class Looking : public contract::Recorder {
   public:
    explicit Looking(std::string journal) : journal_(std::move(journal)) {}
    void step_finished(const Step& step, const AppliedStep& applied) override {
      Recorder::step_finished(step, applied);
      seen += std::filesystem::exists(journal_) ? "kept " : "gone ";
    }
    std::string seen;

   private:
    std::string journal_;
  };
  const std::string journal = scratch_.path() + "-journal";
  Looking looking(journal);
  contract::Batch two = batch();
  two.add(1, "CREATE TABLE a (x);");
  two.add(2, "CREATE TABLE b (x);");
  EXPECT_EQ(session_->apply(two.units(), TransactionScope::each, std::nullopt, looking).committed, 2u);
  EXPECT_EQ(looking.seen, "kept kept ");
  EXPECT_FALSE(std::filesystem::exists(journal));
  EXPECT_EQ(value("PRAGMA journal_mode"), "delete");
}

TEST_F(SqliteTest, ADatabaseWithAWriteAheadLogKeepsIt) {
  EXPECT_EQ(value("PRAGMA journal_mode = WAL"), "wal");
  contract::Batch two = batch();
  two.add(1, "CREATE TABLE a (x);");
  two.add(2, "CREATE TABLE b (x);");
  EXPECT_EQ(apply(two).committed, 2u);
  EXPECT_EQ(value("PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteTest, TheHistoryHasTheTimeTheReportHas) {
  const ApplyResult result = migrate(1, "CREATE TABLE a (x);");
  ASSERT_EQ(result.execution_times.size(), 1u);
  EXPECT_EQ(value("SELECT took FROM applied_version"), std::to_string(result.execution_times[0].count()));
}

TEST_F(SqliteTest, SettingsOfOneFileDoNotReachTheNext) {
  EXPECT_EQ(
      migrate(
          1,
          "PRAGMA case_sensitive_like = ON;\nPRAGMA recursive_triggers = ON;\nPRAGMA ignore_check_constraints = 1;\n"
          "PRAGMA query_only = ON;")
          .outcome,
      ApplyOutcome::done);
  EXPECT_EQ(codes(), "state-left-behind:1 state-left-behind:2 state-left-behind:3 state-left-behind:4");
  EXPECT_EQ(value("SELECT 'a' LIKE 'A'"), "1");
  EXPECT_EQ(value("PRAGMA recursive_triggers"), "0");
  EXPECT_EQ(value("PRAGMA ignore_check_constraints"), "0");
  EXPECT_TRUE(recorded(1));
}

TEST_F(SqliteTest, SettingsOfAFailedFileAreUndoneToo) {
  EXPECT_EQ(migrate(1, "PRAGMA recursive_triggers = ON;\nINSERT INTO missing VALUES (1);").outcome,
            ApplyOutcome::failed);
  EXPECT_EQ(value("PRAGMA recursive_triggers"), "0");
}

TEST_F(SqliteTest, AFunctionTheApplicationBringsIsACleanFailure) {
  const ApplyResult result = migrate(1, "CREATE TABLE a (x);\nINSERT INTO a SELECT app_secret(1);");
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->message, "no such function: app_secret");
  EXPECT_EQ(result.error->where.line, 2);
  EXPECT_EQ(result.error->where.column, 22);
  EXPECT_EQ(result.error->where.length, 10);
  EXPECT_FALSE(has_table("a"));
}

TEST_F(SqliteTest, ConstraintErrorsHaveBothCodes) {
  run("CREATE TABLE a (x UNIQUE)");
  const ApplyResult result = migrate(1, "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);");
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->sqlstate, "SQLITE_CONSTRAINT");
  EXPECT_EQ(result.error->server_detail, "SQLITE_CONSTRAINT_UNIQUE");
  EXPECT_EQ(result.error->where.line, 2);
}

TEST_F(SqliteTest, AStatementTimeoutIsATimeoutAndNotAnInterrupt) {
  options_.statement_timeout = 20ms;
  open();
  const ApplyResult result = migrate(
      1,
      "CREATE TABLE a (x);\nWITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n;");
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::timeout);
  EXPECT_FALSE(has_table("a"));
  EXPECT_EQ(migrate(1, "CREATE TABLE a (x);").outcome, ApplyOutcome::done);
}

TEST_F(SqliteTest, VerifyRepeatsWhatMayBeRepeatedAndGuessesNothing) {
  for (const std::string_view sql : {"VACUUM", "REINDEX", "ANALYZE", "PRAGMA journal_mode = WAL"}) {
    EXPECT_EQ(session_->verify({sql, {}}, session_->remember({sql, {}})).state, Verdict::State::not_done) << sql;
  }
  EXPECT_EQ(session_->verify({"INSERT INTO a VALUES (1)", {}}, "").state, Verdict::State::unknown);
}

}  // namespace
}  // namespace dunlin::sqlite
