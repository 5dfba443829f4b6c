// What a statement does to the session and the transaction it runs in, as far as its words tell. Nothing is executed
// and nothing is looked up; where words cannot tell (DO, CALL), the server's answer decides.
#pragma once

#include <string>
#include <string_view>

#include "dunlin/dialect.h"

namespace dunlin::sql {

enum class TransactionWord { none, begin, commit, rollback, rollback_to_savepoint, prepare_transaction };

struct Traits {
  TransactionWord transaction = TransactionWord::none;
  // BEGIN's or START TRANSACTION's mode words, e.g. "ISOLATION LEVEL SERIALIZABLE, READ WRITE".
  std::string transaction_characteristics;
  // COMMIT AND CHAIN, ROLLBACK AND CHAIN.
  bool chain = false;

  // The server refuses it inside a transaction block: CREATE INDEX CONCURRENTLY, VACUUM, CREATE DATABASE, ALTER SYSTEM,
  // REINDEX ... CONCURRENTLY | DATABASE | SYSTEM | SCHEMA, DROP INDEX CONCURRENTLY, DETACH ... CONCURRENTLY | FINALIZE,
  // CLUSTER without a table, CREATE/DROP TABLESPACE | SUBSCRIPTION, DISCARD ALL, ...; SQLite: VACUUM, journal_mode,
  // ....
  bool refused_in_transaction = false;
  // CREATE, DROP and REINDEX ... CONCURRENTLY, DETACH ... CONCURRENTLY | FINALIZE: a lock timeout would leave an
  // invalid index or a half-detached partition behind. FINALIZE, unlike the rest, may run in a transaction.
  bool concurrently = false;
  // DO and CALL may commit; only running them tells.
  bool may_commit = false;
  // Needs a transaction block to have any effect: LOCK TABLE, DECLARE CURSOR, SAVEPOINT, RELEASE, ROLLBACK TO, SET
  // LOCAL, SET TRANSACTION, SET CONSTRAINTS, set_config(.., true), CREATE TEMP TABLE ... ON COMMIT DROP.
  bool needs_transaction = false;

  // Changes what later statements of the session see: SET, RESET, set_config(.., false), PREPARE, LOAD, LISTEN, USE.
  bool changes_session = false;
  // Which one, for a warning: "search_path", "role", "client_encoding", "temporary table x".
  std::string leaves_behind;
  // What an earlier statement changed, and this one puts back: RESET x, SET x TO DEFAULT, SET ROLE NONE.
  std::string puts_back;
  // SET LOCAL, SET TRANSACTION: for this transaction only.
  bool changes_transaction = false;
  // A top-level RESET ALL or DISCARD ALL: our own transaction marker is gone.
  bool resets_settings = false;
  // DISCARD ALL, pg_advisory_unlock_all(), pg_advisory_unlock(..).
  bool releases_locks = false;
  // CREATE TEMP TABLE, SELECT INTO TEMP: the session keeps something that a resumed run would not have.
  bool creates_temporary = false;
  // COPY ... FROM STDIN or TO STDOUT: a client has to feed or drain it.
  bool copies_to_client = false;
  // SET standard_conforming_strings = off.
  bool changes_lexer = false;

  // SQLite. The pragma's name in lower case, and whether it is set to a value (table_info(t) sets nothing).
  std::string pragma;
  bool pragma_sets = false;
  // The table in DROP TABLE x, unquoted; empty otherwise.
  std::string dropped_table;
  // The table in DELETE FROM, UPDATE, REPLACE INTO, INSERT OR REPLACE INTO, WITH before it or not; unquoted; empty
  // otherwise. Neither name has its schema.
  std::string modified_table;

  // The leading words in capitals, enough to name it: "CREATE INDEX CONCURRENTLY", "ALTER TABLE", "VACUUM". Words that
  // do not change what it is are left out: OR REPLACE, UNIQUE, TEMP, UNLOGGED. Empty for what starts with no word.
  std::string command;

  // Sets something for the session, and leaves nothing in the database: a resumed run needs it again.
  bool is_session_state() const {
    return transaction == TransactionWord::none && changes_session && !refused_in_transaction;
  }
};

// `text` is one statement, from its first token, without the final semicolon. Reads no further than it must: an INSERT
// of many megabytes costs as much as a short one. Throws Failure (usage) for Dialect::mysql, which comes with its
// driver.
Traits classify(Dialect, std::string_view text);

}  // namespace dunlin::sql
