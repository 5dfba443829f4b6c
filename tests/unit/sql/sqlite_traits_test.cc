#include <gmock/gmock.h>

#include "dunlin/error.h"
#include "sql/traits.h"

namespace dunlin::sql {
namespace {

Traits lite(std::string_view text) {
  return classify(Dialect::sqlite, text);
}

TEST(Protocol, Rule4_2_KnowsTransactionWordsOfSqlite) {
  EXPECT_EQ(lite("BEGIN").transaction, TransactionWord::begin);
  EXPECT_EQ(lite("begin immediate transaction").transaction_characteristics, "IMMEDIATE");
  EXPECT_EQ(lite("COMMIT TRANSACTION").transaction, TransactionWord::commit);
  EXPECT_EQ(lite("END").transaction, TransactionWord::commit);
  EXPECT_EQ(lite("ROLLBACK").transaction, TransactionWord::rollback);
  EXPECT_EQ(lite("ROLLBACK TRANSACTION TO SAVEPOINT a").transaction, TransactionWord::rollback_to_savepoint);
  EXPECT_TRUE(lite("SAVEPOINT a").needs_transaction);
  EXPECT_TRUE(lite("RELEASE a").needs_transaction);
}

struct Pragma {
  std::string_view text;
  std::string_view name;
  bool sets = false;
  bool refused = false;
  std::string_view leaves_behind = {};
};

constexpr Pragma kPragmas[] = {
    {"PRAGMA foreign_keys", "foreign_keys"},
    {"pragma main . Foreign_Keys = OFF", "foreign_keys", true, false, "PRAGMA foreign_keys"},
    {"PRAGMA foreign_keys(0)", "foreign_keys", true, false, "PRAGMA foreign_keys"},
    {"PRAGMA defer_foreign_keys = ON", "defer_foreign_keys", true, false, "PRAGMA defer_foreign_keys"},
    {"PRAGMA journal_mode", "journal_mode"},
    {"PRAGMA journal_mode = WAL", "journal_mode", true, true},
    {"PRAGMA synchronous", "synchronous"},
    {"PRAGMA synchronous = OFF", "synchronous", true, true, "PRAGMA synchronous"},
    {"PRAGMA wal_checkpoint", "wal_checkpoint", false, true},
    {"PRAGMA wal_checkpoint(TRUNCATE)", "wal_checkpoint", false, true},
    {"PRAGMA page_size = 8192", "page_size", true},
    {"PRAGMA auto_vacuum = FULL", "auto_vacuum", true},
    {"PRAGMA user_version = 3", "user_version", true},
    {"PRAGMA table_info(t)", "table_info"},
    {"PRAGMA foreign_key_check(t)", "foreign_key_check"},
    {"PRAGMA integrity_check(3)", "integrity_check"},
};

TEST(Protocol, Rule4_4_KnowsPragmas) {
  for (const Pragma& expected : kPragmas) {
    SCOPED_TRACE(expected.text);
    const Traits traits = lite(expected.text);
    EXPECT_EQ(traits.command, "PRAGMA");
    EXPECT_EQ(traits.pragma, expected.name);
    EXPECT_EQ(traits.pragma_sets, expected.sets);
    EXPECT_EQ(traits.refused_in_transaction, expected.refused);
    EXPECT_EQ(traits.leaves_behind, expected.leaves_behind);
    EXPECT_EQ(traits.changes_session, !expected.leaves_behind.empty());
  }
}

TEST(SqliteTraits, VacuumIsRefusedInATransaction) {
  EXPECT_TRUE(lite("VACUUM").refused_in_transaction);
  EXPECT_TRUE(lite("VACUUM INTO 'x.db'").refused_in_transaction);
  EXPECT_FALSE(lite("REINDEX").refused_in_transaction);
  EXPECT_FALSE(lite("CREATE INDEX i ON t(a)").refused_in_transaction);
}

struct Touched {
  std::string_view text;
  std::string_view dropped;
  std::string_view modified;
};

constexpr Touched kTouched[] = {
    {"DROP TABLE t", "t", ""},
    {"drop table if exists main.\"T t\"", "T t", ""},
    {"DROP TABLE [a b]", "a b", ""},
    {"DROP TABLE `a``b`", "a`b", ""},
    {"DROP TABLE 'x'", "x", ""},
    {"DROP INDEX t", "", ""},
    {"DELETE FROM t WHERE a = 1", "", "t"},
    {"UPDATE t SET a = 1", "", "t"},
    {"UPDATE OR IGNORE main.t SET a = 1", "", "t"},
    {"REPLACE INTO t VALUES (1)", "", "t"},
    {"INSERT OR REPLACE INTO t VALUES (1)", "", "t"},
    {"INSERT OR IGNORE INTO t VALUES (1)", "", ""},
    {"INSERT INTO t VALUES (1)", "", ""},
    {"WITH x AS (SELECT 1) DELETE FROM t WHERE a IN x", "", "t"},
    {"WITH x(replace) AS (DELETE FROM y) INSERT OR REPLACE INTO t SELECT * FROM x", "", "t"},
    {"WITH x AS (SELECT 1) SELECT * FROM x", "", ""},
    {"SELECT 'DROP TABLE t'", "", ""},
    {"CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; END", "", ""},
};

TEST(Protocol, Rule4_1_KnowsWhichTablesLoseRows) {
  for (const Touched& expected : kTouched) {
    SCOPED_TRACE(expected.text);
    EXPECT_EQ(lite(expected.text).dropped_table, expected.dropped);
    EXPECT_EQ(lite(expected.text).modified_table, expected.modified);
  }
}

TEST(SqliteTraits, WhatTheConnectionKeeps) {
  EXPECT_EQ(lite("CREATE TEMP TABLE t(a)").leaves_behind, "temporary table t");
  EXPECT_EQ(lite("CREATE TEMPORARY VIEW IF NOT EXISTS v AS SELECT 1").leaves_behind, "temporary view v");
  EXPECT_TRUE(lite("CREATE TABLE temp.t(a)").creates_temporary);
  EXPECT_FALSE(lite("CREATE TABLE main.t(a)").creates_temporary);
  EXPECT_EQ(lite("ATTACH DATABASE 'x.db' AS x").leaves_behind, "attached database x");
  EXPECT_TRUE(lite("DETACH x").changes_session);
}

TEST(SqliteTraits, CommandsAreNamedByTheirWords) {
  EXPECT_EQ(lite("CREATE UNIQUE INDEX i ON t(a)").command, "CREATE INDEX");
  EXPECT_EQ(lite("CREATE VIRTUAL TABLE t USING fts5(a)").command, "CREATE TABLE");
  EXPECT_EQ(lite("ALTER TABLE t RENAME TO u").command, "ALTER TABLE");
  EXPECT_EQ(lite("/* c */ insert into t values (1)").command, "INSERT");
}

TEST(SqliteTraits, HalfStatements) {
  for (const std::string_view text : {"CREATE", "CREATE TEMP", "DROP", "DROP TABLE", "PRAGMA", "PRAGMA x.", "ATTACH",
                                      "WITH", "INSERT OR", "UPDATE OR", "ALTER", "[", "`", "DELETE FROM x."}) {
    SCOPED_TRACE(text);
    EXPECT_NO_THROW(lite(text));
  }
}

TEST(Traits, MySqlIsRefused) {
  EXPECT_THROW(classify(Dialect::mysql, "SELECT 1"), Failure);
}

}  // namespace
}  // namespace dunlin::sql
