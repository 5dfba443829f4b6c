// What PostgreSQL's statements do, by their words. The refusals were checked on a PostgreSQL 15 server.
#include <gmock/gmock.h>

#include "sql/traits.h"

namespace dunlin::sql {
namespace {

Traits pg(std::string_view text) {
  return classify(Dialect::postgres, text);
}

struct Refused {
  std::string_view text;
  bool refused;
  std::string_view command;
  bool concurrently = false;
};

constexpr Refused kRefused[] = {
    {"CREATE DATABASE x", true, "CREATE DATABASE"},
    {"create /* c */ tablespace ts LOCATION '/x'", true, "CREATE TABLESPACE"},
    {"DROP DATABASE IF EXISTS x", true, "DROP DATABASE"},
    {"DROP TABLESPACE IF EXISTS x", true, "DROP TABLESPACE"},
    {"ALTER DATABASE app SET TABLESPACE t", true, "ALTER DATABASE"},
    {"ALTER DATABASE app WITH TABLESPACE t", true, "ALTER DATABASE"},
    {"ALTER DATABASE app TABLESPACE t", true, "ALTER DATABASE"},
    {"ALTER DATABASE app SET default_tablespace = t", false, "ALTER DATABASE"},
    {"ALTER DATABASE tablespace SET work_mem = '1MB'", false, "ALTER DATABASE"},
    {"ALTER DATABASE app CONNECTION LIMIT 5", false, "ALTER DATABASE"},
    {"CREATE INDEX CONCURRENTLY ON t (a)", true, "CREATE INDEX CONCURRENTLY", true},
    {"create unique index\n-- c\nconcurrently if not exists i on t (a)", true, "CREATE INDEX CONCURRENTLY", true},
    {"CREATE INDEX \"concurrently\" ON t (a)", false, "CREATE INDEX"},
    {"CREATE INDEX i ON concurrently (a)", false, "CREATE INDEX"},
    {"DROP INDEX CONCURRENTLY IF EXISTS i", true, "DROP INDEX CONCURRENTLY", true},
    {"DROP INDEX i", false, "DROP INDEX"},
    {"REINDEX TABLE t", false, "REINDEX TABLE"},
    {"REINDEX INDEX CONCURRENTLY i", true, "REINDEX INDEX CONCURRENTLY", true},
    {"REINDEX (CONCURRENTLY) TABLE t", true, "REINDEX TABLE CONCURRENTLY", true},
    {"REINDEX (VERBOSE, CONCURRENTLY on) TABLE t", true, "REINDEX TABLE CONCURRENTLY", true},
    {"REINDEX (CONCURRENTLY false, VERBOSE) INDEX i", false, "REINDEX INDEX"},
    {"REINDEX (CONCURRENTLY off) TABLE t", false, "REINDEX TABLE"},
    {"REINDEX (TABLESPACE ts, VERBOSE) TABLE CONCURRENTLY t", true, "REINDEX TABLE CONCURRENTLY", true},
    {"REINDEX SCHEMA s", true, "REINDEX SCHEMA"},
    {"REINDEX DATABASE", true, "REINDEX DATABASE"},
    {"REINDEX SYSTEM app", true, "REINDEX SYSTEM"},
    {"VACUUM", true, "VACUUM"},
    {"vacuum (analyze) t", true, "VACUUM"},
    {"VACUUM FULL t", true, "VACUUM"},
    {"ANALYZE t", false, "ANALYZE"},
    {"CLUSTER", true, "CLUSTER"},
    {"CLUSTER VERBOSE", true, "CLUSTER"},
    {"CLUSTER (VERBOSE)", true, "CLUSTER"},
    {"CLUSTER t", false, "CLUSTER"},
    {"CLUSTER VERBOSE t USING i", false, "CLUSTER"},
    {"CLUSTER i ON t", false, "CLUSTER"},
    {"ALTER SYSTEM SET work_mem = '4MB'", true, "ALTER SYSTEM"},
    {"ALTER SYSTEM RESET ALL", true, "ALTER SYSTEM"},
    {"CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p", true, "CREATE SUBSCRIPTION"},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (enabled = false)", true, "CREATE SUBSCRIPTION"},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = true)", true, "CREATE SUBSCRIPTION"},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)", false, "CREATE SUBSCRIPTION"},
    {"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (enabled = 'off', create_slot = 'false')", false,
     "CREATE SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s REFRESH PUBLICATION", true, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s SET PUBLICATION p", true, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s ADD PUBLICATION p, q", true, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s DROP PUBLICATION p WITH (refresh)", true, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)", false, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s SET (slot_name = NONE)", false, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s SET (binary = true, failover = true)", true, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s SET (two_phase = false)", true, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s ENABLE", false, "ALTER SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION s CONNECTION 'x'", false, "ALTER SUBSCRIPTION"},
    {"DROP SUBSCRIPTION s", true, "DROP SUBSCRIPTION"},
    {"DISCARD ALL", true, "DISCARD ALL"},
    {"DISCARD TEMP", false, "DISCARD TEMP"},
    {"DISCARD PLANS", false, "DISCARD PLANS"},
    {"ALTER TABLE p DETACH PARTITION q", false, "ALTER TABLE DETACH PARTITION"},
    {"ALTER TABLE s.p DETACH PARTITION s.q CONCURRENTLY", true, "ALTER TABLE DETACH PARTITION CONCURRENTLY", true},
    {"ALTER TABLE IF EXISTS ONLY p DETACH PARTITION \"Q\" FINALIZE", false, "ALTER TABLE DETACH PARTITION FINALIZE",
     true},
    {"ALTER TABLE t ADD COLUMN concurrently int", false, "ALTER TABLE"},
    {"COMMIT PREPARED 'x'", true, "COMMIT PREPARED"},
    {"ROLLBACK PREPARED 'x'", true, "ROLLBACK PREPARED"},
    {"REFRESH MATERIALIZED VIEW CONCURRENTLY mv", false, "REFRESH MATERIALIZED VIEW"},
    {"ALTER TYPE e ADD VALUE 'b'", false, "ALTER TYPE"},
    {"CHECKPOINT", false, "CHECKPOINT"},
    {"CREATE EXTENSION IF NOT EXISTS citext", false, "CREATE EXTENSION"},
    {"CREATE TABLE database (vacuum int)", false, "CREATE TABLE"},
};

TEST(Protocol, Rule1_10_KnowsWhatTheServerRefusesInATransaction) {
  for (const Refused& expected : kRefused) {
    SCOPED_TRACE(expected.text);
    const Traits traits = pg(expected.text);
    EXPECT_EQ(traits.refused_in_transaction, expected.refused);
    EXPECT_EQ(traits.concurrently, expected.concurrently);
    EXPECT_EQ(traits.command, expected.command);
    EXPECT_EQ(traits.transaction, TransactionWord::none);
  }
}

struct Transaction {
  std::string_view text;
  TransactionWord word;
  std::string_view command;
  std::string_view characteristics = {};
  bool chain = false;
};

constexpr Transaction kTransactions[] = {
    {"BEGIN", TransactionWord::begin, "BEGIN"},
    {"begin work", TransactionWord::begin, "BEGIN"},
    {"BEGIN TRANSACTION isolation /* c */ level serializable, read\nwrite", TransactionWord::begin, "BEGIN",
     "ISOLATION LEVEL SERIALIZABLE, READ WRITE"},
    {"START TRANSACTION READ ONLY NOT DEFERRABLE", TransactionWord::begin, "START TRANSACTION",
     "READ ONLY NOT DEFERRABLE"},
    {"COMMIT", TransactionWord::commit, "COMMIT"},
    {"END TRANSACTION", TransactionWord::commit, "END"},
    {"COMMIT WORK AND CHAIN", TransactionWord::commit, "COMMIT", "", true},
    {"COMMIT AND NO CHAIN", TransactionWord::commit, "COMMIT"},
    {"ROLLBACK", TransactionWord::rollback, "ROLLBACK"},
    {"ABORT", TransactionWord::rollback, "ABORT"},
    {"rollback and chain", TransactionWord::rollback, "ROLLBACK", "", true},
    {"ROLLBACK TO x", TransactionWord::rollback_to_savepoint, "ROLLBACK TO SAVEPOINT"},
    {"ROLLBACK WORK TO SAVEPOINT x", TransactionWord::rollback_to_savepoint, "ROLLBACK TO SAVEPOINT"},
    {"PREPARE TRANSACTION 'x'", TransactionWord::prepare_transaction, "PREPARE TRANSACTION"},
    {"PREPARE transaction_of AS SELECT 1", TransactionWord::none, "PREPARE"},
    {"SAVEPOINT x", TransactionWord::none, "SAVEPOINT"},
    {"SELECT 'BEGIN'", TransactionWord::none, "SELECT"},
    {"\"begin\"", TransactionWord::none, ""},
};

TEST(Protocol, Rule1_9_KnowsTransactionWords) {
  for (const Transaction& expected : kTransactions) {
    SCOPED_TRACE(expected.text);
    const Traits traits = pg(expected.text);
    EXPECT_EQ(traits.transaction, expected.word);
    EXPECT_EQ(traits.command, expected.command);
    EXPECT_EQ(traits.transaction_characteristics, expected.characteristics);
    EXPECT_EQ(traits.chain, expected.chain);
    EXPECT_FALSE(traits.refused_in_transaction);
  }
}

struct Left {
  std::string_view text;
  std::string_view leaves_behind;
};

constexpr Left kLeft[] = {
    {"SET search_path = a, b", "search_path"},
    {"SET SESSION \"Search_Path\" TO x", "search_path"},
    {"set Statement_Timeout to 0", "statement_timeout"},
    {"SET app.user = '1'", "app.user"},
    {"SET ROLE admin", "role"},
    {"SET SESSION AUTHORIZATION admin", "session authorization"},
    {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "session characteristics"},
    {"SET TIME ZONE 'UTC'", "timezone"},
    {"SET NAMES 'latin1'", "client_encoding"},
    {"SET SCHEMA 'x'", "search_path"},
    {"SET XML OPTION DOCUMENT", "xmloption"},
    {"SELECT set_config('search_path', '', false)", "search_path"},
    {"SELECT pg_catalog.set_config('search_path'::text, f(a, b), false), 1", "search_path"},
    {"WITH x AS (SELECT 1) SELECT set_config('role', 'x', 'f')", "role"},
    {"(SELECT set_config('role', 'x', false))", "role"},
    {"PREPARE q(int) AS SELECT $1", "prepared statement q"},
    {"LISTEN things", "LISTEN things"},
    {"LOAD 'auto_explain'", "library auto_explain"},
    {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "cursor c"},
    {"CREATE TEMP TABLE t (a int)", "temporary table t"},
    {"CREATE LOCAL TEMPORARY TABLE IF NOT EXISTS \"T t\" (a int) ON COMMIT PRESERVE ROWS", "temporary table T t"},
    {"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "temporary view v"},
    {"CREATE TEMP SEQUENCE s", "temporary sequence s"},
    {"CREATE TABLE pg_temp.t (a int)", "temporary table pg_temp.t"},
    {"CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'select 1'", "temporary function pg_temp.f"},
    {"SELECT 1 AS a INTO TEMP TABLE t", "temporary table t"},
    {"WITH x AS (SELECT 1) SELECT * INTO TEMPORARY t FROM x", "temporary table t"},
};

TEST(Protocol, Rule1_7_NamesWhatAStatementLeavesBehind) {
  for (const Left& expected : kLeft) {
    SCOPED_TRACE(expected.text);
    const Traits traits = pg(expected.text);
    EXPECT_EQ(traits.leaves_behind, expected.leaves_behind);
    EXPECT_TRUE(traits.changes_session);
    EXPECT_EQ(traits.creates_temporary, expected.leaves_behind.starts_with("temporary"));
    EXPECT_FALSE(traits.needs_transaction);
  }
}

TEST(PostgresTraits, LeavesNothingBehind) {
  for (const std::string_view text :
       {"CREATE TABLE t (a int)", "SELECT 1 INTO t", "INSERT INTO temp SELECT 1", "SELECT 'SET x'", "SET LOCAL x = 1",
        "SELECT set_config('a.b', 'c', true)", "WITH x AS (INSERT INTO temp VALUES (1) RETURNING *) SELECT * FROM x",
        "CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1", "CREATE UNLOGGED TABLE t (a int)", "RESET search_path",
        "DECLARE c CURSOR FOR SELECT 1", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SET x = 1'"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(pg(text).leaves_behind, "");
    EXPECT_FALSE(pg(text).creates_temporary);
  }
}

TEST(Protocol, Rule1_11_KnowsWhatNeedsATransaction) {
  for (const std::string_view text :
       {"LOCK TABLE t", "DECLARE c CURSOR FOR SELECT 1", "DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1", "SAVEPOINT s",
        "RELEASE s", "ROLLBACK TO s", "SET LOCAL search_path = s", "SET CONSTRAINTS ALL DEFERRED",
        "SET TRANSACTION READ ONLY", "SET LOCAL ROLE x", "SELECT set_config('a.b', 'c', true)",
        "CREATE TEMP TABLE t (a int DEFAULT (1)) ON COMMIT DROP"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(pg(text).needs_transaction);
  }
  for (const std::string_view text : {"SELECT 1", "CREATE TEMP TABLE t (a int) ON COMMIT DELETE ROWS", "SET x.y = 1"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(pg(text).needs_transaction);
  }
}

TEST(PostgresTraits, ChangesOfTheTransaction) {
  EXPECT_TRUE(pg("SET LOCAL lock_timeout = 0").changes_transaction);
  EXPECT_TRUE(pg("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").changes_transaction);
  EXPECT_TRUE(pg("SELECT set_config('x.y', '1', 't')").changes_transaction);
  EXPECT_FALSE(pg("SET LOCAL lock_timeout = 0").changes_session);
  EXPECT_FALSE(pg("SET lock_timeout = 0").changes_transaction);
  EXPECT_EQ(pg("SET LOCAL lock_timeout = 0").command, "SET LOCAL");
  EXPECT_EQ(pg("SET SESSION AUTHORIZATION DEFAULT").command, "SET SESSION AUTHORIZATION");
}

TEST(Protocol, Rule1_8_KnowsWhatClearsOurMarkAndOurLock) {
  EXPECT_TRUE(pg("RESET ALL").resets_settings);
  EXPECT_TRUE(pg("DISCARD ALL").resets_settings);
  EXPECT_FALSE(pg("RESET search_path").resets_settings);
  EXPECT_TRUE(pg("RESET search_path").changes_session);
  EXPECT_TRUE(pg("DISCARD ALL").releases_locks);
  EXPECT_TRUE(pg("SELECT pg_advisory_unlock_all()").releases_locks);
  EXPECT_TRUE(pg("SELECT pg_catalog.pg_advisory_unlock (1, 2)").releases_locks);
  EXPECT_TRUE(pg("SELECT \"pg_advisory_unlock_shared\"(1)").releases_locks);
  EXPECT_FALSE(pg("SELECT pg_advisory_lock(1)").releases_locks);
  EXPECT_FALSE(pg("SELECT 'pg_advisory_unlock_all()'").releases_locks);
  EXPECT_FALSE(pg("SELECT pg_advisory_unlock FROM t").releases_locks);
}

TEST(PostgresTraits, DoAndCallMayCommit) {
  EXPECT_TRUE(pg("DO $$ BEGIN COMMIT; END $$").may_commit);
  EXPECT_TRUE(pg("call p(1)").may_commit);
  EXPECT_FALSE(pg("SELECT f()").may_commit);
}

TEST(PostgresTraits, CopyOverTheConnection) {
  for (const std::string_view text : {"COPY t FROM STDIN", "COPY s.\"from\" (a, b) FROM stdin WITH (FORMAT csv)",
                                      "COPY (SELECT 1 FROM stdin) TO STDOUT", "COPY BINARY t TO stdout"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(pg(text).copies_to_client);
  }
  for (const std::string_view text : {"COPY t FROM '/stdin'", "COPY (SELECT 1 FROM stdin) TO '/x'",
                                      "COPY t TO PROGRAM 'cat'", "SELECT 1 FROM stdin"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(pg(text).copies_to_client);
  }
}

TEST(Protocol, Rule1_15_KnowsWhatChangesTheLexer) {
  for (const std::string_view text :
       {"SET standard_conforming_strings = off", "set local Standard_Conforming_Strings to 'off'",
        "SELECT set_config('standard_conforming_strings', 'off', false)", "SET standard_conforming_strings = false"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(pg(text).changes_lexer);
  }
  for (const std::string_view text :
       {"SET standard_conforming_strings = on", "SELECT set_config('standard_conforming_strings', 'on', false)",
        "SET escape_string_warning = off", "RESET standard_conforming_strings"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(pg(text).changes_lexer);
  }
}

TEST(PostgresTraits, CommandsAreNamedByTheirWords) {
  const std::pair<std::string_view, std::string_view> kCommands[] = {
      {"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS ''", "CREATE FUNCTION"},
      {"CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"},
      {"CREATE FOREIGN DATA WRAPPER w", "CREATE FOREIGN DATA WRAPPER"},
      {"CREATE FOREIGN TABLE t () SERVER s", "CREATE FOREIGN TABLE"},
      {"CREATE TEXT SEARCH CONFIGURATION c (PARSER = p)", "CREATE TEXT SEARCH CONFIGURATION"},
      {"CREATE USER MAPPING FOR u SERVER s", "CREATE USER MAPPING"},
      {"CREATE USER u", "CREATE USER"},
      {"CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()", "CREATE TRIGGER"},
      {"CREATE EVENT TRIGGER g ON ddl_command_end EXECUTE FUNCTION f()", "CREATE EVENT TRIGGER"},
      {"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x", "ALTER DEFAULT PRIVILEGES"},
      {"DROP OPERATOR CLASS c USING btree", "DROP OPERATOR CLASS"},
      {"insert into t values (1)", "INSERT"},
      {"$$x$$", ""},
      {"", ""},
  };
  for (const auto& [text, command] : kCommands) EXPECT_EQ(pg(text).command, command) << text;
}

// Odd endings must be classified, not crash.
TEST(PostgresTraits, HalfStatements) {
  for (const std::string_view text : {"CREATE",
                                      "CREATE TEMP",
                                      "ALTER TABLE",
                                      "ALTER TABLE p DETACH PARTITION",
                                      "REINDEX (",
                                      "REINDEX (CONCURRENTLY",
                                      "SET",
                                      "SET LOCAL",
                                      "SELECT set_config(",
                                      "SELECT set_config('a', 'b'",
                                      "COPY",
                                      "COPY (",
                                      "DECLARE",
                                      "PREPARE",
                                      "ALTER SUBSCRIPTION s SET (",
                                      "CREATE SUBSCRIPTION s WITH (connect",
                                      "CREATE SUBSCRIPTION s WITH (connect =",
                                      "CLUSTER (",
                                      "SELECT INTO TEMP",
                                      "LOAD",
                                      "LOAD $a$",
                                      "DROP",
                                      "BEGIN ,",
                                      "E'",
                                      "U&\"",
                                      "x.",
                                      "CREATE TABLE x."}) {
    SCOPED_TRACE(text);
    EXPECT_NO_THROW(pg(text));
  }
}

}  // namespace
}  // namespace dunlin::sql
