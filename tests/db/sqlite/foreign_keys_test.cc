#include "db/sqlite/fixture.h"

namespace dunlin::sqlite {
namespace {

using testing::HasSubstr;

class ForeignKeys : public Protocol {
 protected:
  void SetUp() override {
    Protocol::SetUp();
    run("CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT)");
    run("CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p ON DELETE CASCADE)");
    run("INSERT INTO p VALUES (1, 'one'), (2, 'two')");
    run("INSERT INTO c VALUES (10, 1), (20, 2)");
  }
  std::string children() { return value("SELECT count(*) FROM c"); }
  std::string on() { return value("PRAGMA foreign_keys"); }
};

constexpr const char* kRebuild =
    "CREATE TABLE p_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"
    "INSERT INTO p_new SELECT id, name FROM p;\n"
    "DROP TABLE p;\n"
    "ALTER TABLE p_new RENAME TO p;\n";

TEST_F(ForeignKeys, Rule4_1_ARebuildKeepsTheChildren) {
  const ApplyResult result = migrate(1, kRebuild);
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_EQ(children(), "2");
  EXPECT_EQ(on(), "1");
  // The references still work.
  run("DELETE FROM p WHERE id = 1");
  EXPECT_EQ(children(), "1");
}

TEST_F(ForeignKeys, Rule4_1_OrdinaryMigrationsCascadeAsTheyDoUnderSqlx) {
  EXPECT_EQ(migrate(1, "DELETE FROM p WHERE id = 1;").outcome, ApplyOutcome::done);
  EXPECT_EQ(children(), "1");
}

TEST_F(ForeignKeys, Rule4_1_WithForeignKeysOffAsOtherToolsHaveItNothingCascades) {
  options_.foreign_keys = false;
  open();
  EXPECT_EQ(migrate(1, "DELETE FROM p WHERE id = 1;").outcome, ApplyOutcome::done);
  EXPECT_EQ(children(), "2");
  EXPECT_EQ(on(), "0");
}

TEST_F(ForeignKeys, Rule4_1_ARebuildThatAlsoDeletesFromAParentStops) {
  for (const std::string statement :
       {"DELETE FROM p WHERE id = 1;", "UPDATE p SET id = 7 WHERE id = 1;", "UPDATE p SET rowid = 7 WHERE id = 1;",
        "REPLACE INTO p VALUES (1, 'x');", "INSERT OR REPLACE INTO p VALUES (1, 'x');",
        "UPDATE OR REPLACE p SET name = 'x';", "WITH x AS (SELECT 1) DELETE FROM p WHERE id IN (SELECT * FROM x);",
        "WITH x AS (SELECT 1) REPLACE INTO p SELECT *, 'x' FROM x;"}) {
    const ApplyResult result = migrate(1, kRebuild + statement);
    EXPECT_EQ(result.outcome, ApplyOutcome::failed) << statement;
    ASSERT_TRUE(result.error) << statement;
    EXPECT_EQ(result.error->kind, ErrorKind::safety) << statement;
    EXPECT_EQ(result.error->where.line, 5);
    EXPECT_THAT(result.error->hint, HasSubstr("migration of its own"));
    EXPECT_FALSE(recorded(1));
    EXPECT_EQ(children(), "2");
    EXPECT_EQ(on(), "1");
  }
}

TEST_F(ForeignKeys, Rule4_1_ADeleteBeforeTheRebuildStopsToo) {
  const ApplyResult result = migrate(1, std::string("DELETE FROM p WHERE id = 1;\n") + kRebuild);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::safety);
  EXPECT_EQ(result.error->where.line, 1);
  EXPECT_EQ(children(), "2");
}

TEST_F(ForeignKeys, Rule4_1_WhatDoesNotTouchAReferenceMayStandBesideARebuild) {
  const ApplyResult result = migrate(1, std::string(kRebuild) +
                                            "UPDATE p SET name = 'x';\n"
                                            "DELETE FROM c WHERE id = 10;\n"
                                            "INSERT INTO p VALUES (3, replace('abc', 'a', 'b'));");
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_EQ(children(), "1");
}

TEST_F(ForeignKeys, Rule4_1_DroppingAReferencedTableIsNeverASilentCascade) {
  const ApplyResult result = migrate(1, "DROP TABLE p;");
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->message, "row 10 of table c would refer to a row of p that does not exist");
  EXPECT_EQ(result.error->sqlstate, "SQLITE_CONSTRAINT");
  EXPECT_TRUE(has_table("p"));
  EXPECT_EQ(children(), "2");
}

TEST_F(ForeignKeys, Rule4_1_DroppingChildAndParentNeedsNoForeignKeysOff) {
  const ApplyResult result = migrate(1, "DROP TABLE c;\nDROP TABLE p;");
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_FALSE(has_table("p"));
  EXPECT_EQ(migrate(2, "CREATE TABLE z (a);").outcome, ApplyOutcome::done);
}

TEST_F(ForeignKeys, Rule4_1_TheReferencedTableMayBeMadeInTheSameFile) {
  const ApplyResult result = migrate(1,
                                     "CREATE TABLE q (id INTEGER PRIMARY KEY);\n"
                                     "CREATE TABLE d (q INTEGER REFERENCES q ON DELETE CASCADE);\n"
                                     "INSERT INTO q VALUES (1); INSERT INTO d VALUES (1);\n"
                                     "CREATE TABLE q_new (id INTEGER PRIMARY KEY, extra TEXT);\n"
                                     "INSERT INTO q_new (id) SELECT id FROM q;\n"
                                     "DROP TABLE q;\n"
                                     "ALTER TABLE q_new RENAME TO q;\n");
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_EQ(value("SELECT count(*) FROM d"), "1");
  EXPECT_EQ(on(), "1");
}

TEST_F(ForeignKeys, Rule4_1_ThePragmaItselfTurnsThemOffAroundTheFile) {
  const ApplyResult result = migrate(1,
                                     "PRAGMA foreign_keys = OFF;\nINSERT INTO c VALUES (30, 3);\n"
                                     "INSERT INTO p VALUES (3, 'three');\nPRAGMA foreign_keys = ON;\n");
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
  EXPECT_EQ(on(), "1");
  EXPECT_EQ(codes(), "pragma-does-nothing:1");
}

TEST_F(ForeignKeys, Rule4_1_ANewViolationIsRolledBackAndNamed) {
  const ApplyResult result = migrate(1, "PRAGMA foreign_keys = OFF;\nINSERT INTO c VALUES (30, 3);\n");
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->message, "row 30 of table c would refer to a row of p that does not exist");
  EXPECT_EQ(children(), "2");
  EXPECT_FALSE(recorded(1));
}

TEST_F(ForeignKeys, Rule4_1_OldViolationsDoNotCount) {
  run("PRAGMA foreign_keys = OFF");
  run("INSERT INTO c VALUES (30, 3)");
  session_->reset_state();
  EXPECT_EQ(migrate(1, kRebuild).outcome, ApplyOutcome::done);
  EXPECT_EQ(children(), "3");
  // Nor do they hide a new one, and the number of rows alone says nothing.
  const ApplyResult result =
      migrate(2, "PRAGMA foreign_keys = OFF;\nDELETE FROM c WHERE id = 30;\nINSERT INTO c VALUES (40, 4);\n");
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->message, HasSubstr("row 40 of table c"));
}

TEST_F(ForeignKeys, Rule4_1_ARebuiltChildMayRenumberItsOldViolations) {
  run("PRAGMA foreign_keys = OFF");
  run("CREATE TABLE d (p INTEGER REFERENCES p)");
  run("CREATE TABLE e (d INTEGER REFERENCES d (rowid))");
  run("INSERT INTO d (rowid, p) VALUES (100, 77)");
  run("DROP TABLE e");
  run("CREATE TABLE e (p INTEGER REFERENCES p)");
  session_->reset_state();
  const ApplyResult result =
      migrate(1,
              "PRAGMA foreign_keys = OFF;\nCREATE TABLE d_new (p INTEGER REFERENCES p);\n"
              "INSERT INTO d_new SELECT p FROM d;\nDROP TABLE d;\nALTER TABLE d_new RENAME TO d;");
  EXPECT_EQ(result.outcome, ApplyOutcome::done) << result.error->message;
}

TEST_F(ForeignKeys, Rule4_1_AnOldMismatchIsPutUpWithAndANewOneIsNot) {
  run("CREATE TABLE m (x INTEGER)");
  run("CREATE TABLE n (x INTEGER REFERENCES m (x))");
  const ApplyResult old = migrate(1, kRebuild);
  EXPECT_EQ(old.outcome, ApplyOutcome::done) << old.error->message;
  const ApplyResult result = migrate(2,
                                     "CREATE TABLE p_new (id INTEGER, name TEXT);\nINSERT INTO p_new SELECT * FROM p;\n"
                                     "DROP TABLE p;\nALTER TABLE p_new RENAME TO p;");
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->message, HasSubstr("foreign key mismatch"));
  EXPECT_EQ(children(), "2");
}

TEST_F(ForeignKeys, Rule4_6_ARebuildThatRenamesTheOldTableAwayIsCaught) {
  const ApplyResult result = migrate(1,
                                     "ALTER TABLE p RENAME TO p_old;\n"
                                     "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"
                                     "INSERT INTO p SELECT * FROM p_old;\n"
                                     "DROP TABLE p_old;\n");
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->message, HasSubstr("row 10 of table c would refer to a row of p_old"));
  EXPECT_EQ(value("SELECT count(*) FROM p"), "2");
  EXPECT_EQ(children(), "2");
}

TEST_F(ForeignKeys, ADeferredViolationIsNamedWhenTheCommitFails) {
  const ApplyResult result = migrate(1, "PRAGMA defer_foreign_keys = ON;\nINSERT INTO c VALUES (30, 3);\n");
  EXPECT_EQ(result.outcome, ApplyOutcome::failed);
  ASSERT_TRUE(result.error);
  EXPECT_THAT(result.error->server_detail, HasSubstr("row 30 of table c refers to a row of p that does not exist"));
  EXPECT_EQ(children(), "2");
  EXPECT_EQ(codes(), "");
}

TEST_F(ForeignKeys, WithScopeAllARebuildTurnsThemOffForAllAndADeleteElsewhereStops) {
  contract::Batch good = batch();
  good.add(1, "INSERT INTO p VALUES (3, 'three');");
  good.add(2, kRebuild);
  EXPECT_EQ(apply(good, TransactionScope::all).committed, 2u);
  EXPECT_EQ(children(), "2");

  contract::Batch mixed = batch();
  mixed.add(3, "DELETE FROM p WHERE id = 1;");
  mixed.add(4, kRebuild);
  const ApplyResult result = apply(mixed, TransactionScope::all);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::safety);
  EXPECT_EQ(result.error->where.file, "3_step.sql");
  EXPECT_EQ(children(), "2");
}

TEST_F(ForeignKeys, AStatementAloneDoesNotCascadeSilentlyEither) {
  EXPECT_THAT(try_run("DROP TABLE p"), HasSubstr("would delete or change rows of c"));
  EXPECT_EQ(children(), "2");
  run("PRAGMA foreign_keys = OFF");
  run("DROP TABLE p");
  EXPECT_EQ(children(), "2");
  session_->reset_state();
  EXPECT_EQ(on(), "1");
}

TEST_F(ForeignKeys, ACallbackThatRebuildsIsRunAgainWithThemOff) {
  contract::Batch one = batch();
  int calls = 0;
  one.add_callback(1, [&](MigrationContext& context) {
    ++calls;
    context.execute(kRebuild);
  });
  EXPECT_EQ(apply(one).outcome, ApplyOutcome::done);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(children(), "2");
}

}  // namespace
}  // namespace dunlin::sqlite
