// The driver port: what dunlin asks of a database. PostgreSQL and SQLite are built in; a user of the library may bring
// another by implementing these classes and passing it to MigratorOptions::driver.
//
// A Session belongs to one thread. Only Interrupt crosses threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/dialect.h"
#include "dunlin/dialogue.h"
#include "dunlin/grants.h"
#include "dunlin/interrupt.h"
#include "dunlin/observer.h"
#include "dunlin/plan.h"
#include "dunlin/server_info.h"
#include "dunlin/table_name.h"

namespace dunlin {

// Rows of text as the server prints them; SQL NULL is an empty optional.
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

struct SessionOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  // How long a statement of a transactional migration may wait for a lock, and so how long others queue behind it.
  std::chrono::milliseconds lock_timeout{2'000};
  // 0: none.
  std::chrono::milliseconds statement_timeout{0};
  // PostgreSQL: a server that says nothing for so long while an answer is due counts as lost, and an interrupt closes
  // the connection at once instead of cancelling. For sessions that only look, and that somebody waits for. 0: never,
  // since a migration may be quiet for hours.
  std::chrono::milliseconds answer_timeout{0};
  // SQLite: how long a busy database is waited for.
  std::chrono::milliseconds busy_timeout{15'000};
  // "read committed", "repeatable read", "serializable"; empty: the server's default.
  std::string isolation;
  // Where the password belongs, for the message when it is refused; empty: the database URL.
  std::string password_place;
  // For commands that never write: no lock file, no table, no file is created.
  bool read_only = false;
  // SQLite: what the directory's own tool has PRAGMA foreign_keys at (sqlx: on).
  bool foreign_keys = true;
  // "transaction" or "session": overrides what the driver finds out about a pooler; empty: find out.
  std::string pooler;
  // May be null. Outlives the session.
  const Interrupt* interrupt = nullptr;
  // Notices of the server that arrive outside a run, and warnings about the connection. May be empty.
  std::function<void(const ServerNotice&)> on_notice;
};

// The lock that one run at a time holds, as the history scheme's own tool takes it.
struct RunLock {
  std::int64_t key = 0;  // PostgreSQL: the advisory key
  std::string name;      // MySQL: the GET_LOCK name
};

// Names one server process for as long as it lives; two sessions never share one.
struct BackendId {
  std::int64_t pid = 0;
  std::string started;  // the server's own time text; tells a reused pid from the old one
  friend bool operator==(const BackendId&, const BackendId&) = default;
};

struct TableLocation {
  TableName name;  // schema-qualified on servers that have schemas: where the table is, or where it would be made
  bool exists = false;
};

struct LockHolder {
  BackendId backend;
  Blocker who;
};

// A statement with its place in the file, for error messages and server positions.
struct SourceStatement {
  std::string_view text;  // from its first token, without the final semicolon
  SourcePosition where;
};

// A query whose single value must be as expected inside the transaction that is about to record a migration; if it is
// not, the history has moved under us and the transaction is rolled back. It is what excludes two runners where there
// is no session lock (SQLite, transaction poolers).
struct Fence {
  std::string sql;
  std::string expected;
};

// One migration, ready to be run in a transaction with its bookkeeping.
struct Unit {
  const Step* step = nullptr;
  // Position in the plan.
  std::size_t index = 0;
  // Statements that write the history row (and clean the journal), after the migration's own, in its transaction.
  std::vector<std::string> record;
  Fence fence;
};

enum class ApplyOutcome {
  done,
  failed,       // `error` says why; the failing unit left nothing behind unless `remains`
  moved,        // a fence did not hold: read the history and plan again
  lost,         // the connection broke: units from `committed` on are in doubt
  interrupted,  // the interrupt was requested; what was not committed is rolled back
};

struct ApplyResult {
  ApplyOutcome outcome = ApplyOutcome::done;
  // Units 0 .. committed-1 are known to be committed. With TransactionScope::all it is all or none.
  std::size_t committed = 0;
  // One for each committed unit.
  std::vector<std::chrono::nanoseconds> execution_times;
  std::optional<Error> error;
  // The unit that failed, as an index into the units; empty: the one after the committed ones.
  std::optional<std::size_t> failed_unit;
  // Another try of the same unit may succeed: a lock timeout, a deadlock, a serialization failure.
  bool retryable = false;
  // The unit ended dunlin's transaction by itself, or otherwise left something.
  bool remains = false;
};

enum class StatementOutcome { done, failed, lost, interrupted };

struct StatementResult {
  StatementOutcome outcome = StatementOutcome::done;
  std::optional<Error> error;
  // The server refuses this statement inside a transaction block (25001, 2D000; SQLite's own errors). Nothing happened.
  bool refused_in_transaction = false;
  // Another try may succeed: a deadlock, a lock timeout. What the failed try left has to be verified first.
  bool retryable = false;
  std::chrono::nanoseconds execution_time{};
};

// What became of a statement whose end nobody saw, or which answered with an error.
struct Verdict {
  enum class State { done, not_done, unknown } state = State::unknown;
  // What was looked at, in words: "index public.i is invalid".
  std::string evidence;
  // not_done: statements that clear what is left of it before it is run again. Each runs alone.
  std::vector<std::string> cleanup;
};

// Why a session's user cannot migrate, and who can.
struct MissingRights {
  // "may not write to _sqlx_migrations"
  std::string reason;
  std::string owner;
  // The database's URL for that owner, without a password.
  std::string owner_url;
  // It may write rows, the history too, but make nothing: migrations of rows alone would work.
  bool rows_only = false;
};

class Session {
 public:
  virtual ~Session() = default;

  virtual const ServerInfo& server() const = 0;
  virtual BackendId backend() const = 0;

  // Reads in a READ COMMITTED transaction of its own. Throws Failure (sql, connect, interrupted).
  virtual Rows query(std::string_view sql) = 0;

  // Finds a table by its configured name through the session's own name resolution (PostgreSQL: search_path). Reads
  // only. Throws Failure (sql) when there is no schema it could be made in.
  virtual TableLocation locate(const TableName&) = 0;

  // The run lock. try_lock returns at once; false: somebody else has it. Sessions without one (SQLite, poolers) say
  // true and rely on fences. Unlocking never throws; closing the session unlocks too.
  virtual bool try_lock(const RunLock&) = 0;
  virtual bool holds(const RunLock&) = 0;
  virtual void unlock(const RunLock&) noexcept = 0;
  virtual std::vector<LockHolder> lock_holders(const RunLock&) = 0;
  // Ends a server process of our own role. False when it is gone already. Throws Failure (sql) when not permitted.
  virtual bool terminate(const BackendId&) = 0;

  // Runs units in order, each in a transaction (or all in one), stopping at the first that fails. Tells the observer
  // step_started, statement_finished, notices and, when a unit's COMMIT is confirmed, step_finished; step_failed is the
  // runner's, which knows whether a failure is final.
  virtual ApplyResult apply(std::span<const Unit> units, TransactionScope scope, const std::optional<RunLock>& lock,
                            Observer&) = 0;

  // Runs one statement by itself. No transaction is opened around it: what is open (a file's own BEGIN) stays open.
  virtual StatementResult execute(const SourceStatement&, const Step*, Observer&) = 0;
  // Runs `statements` and then dunlin's own `record` statements in one transaction: all or nothing. The record
  // statements run as the session's own user, whatever SET ROLE the file has done, and that role is back afterwards.
  virtual StatementResult execute_together(std::span<const SourceStatement> statements,
                                           std::span<const std::string> record, const Step*, Observer&) = 0;
  // Puts session settings (role, search_path, encoding, ...) back to what they were when the session began.
  virtual void reset_state() = 0;

  // For statements that cannot share a transaction with their journal row: what to remember before running one, and how
  // to find out afterwards whether it took effect. Neither waits on a lock.
  virtual std::string remember(const SourceStatement&) = 0;
  virtual Verdict verify(const SourceStatement&, const std::string& remembered) = 0;
  // Whether verify() would know, once nobody is at work on it any more. For sessions that only look: waits for nobody.
  virtual bool can_tell(const SourceStatement& statement, const std::string& remembered) {
    return verify(statement, remembered).state != Verdict::State::unknown;
  }

  // How roles come to what was asked for them, on everything that migrations make. Reads only. Throws Failure (config)
  // for a role that cannot have it. Nothing where a database has no roles.
  virtual GrantScript grant_script(std::span<const RoleGrant>, const TableName& history, const TableName& journal) {
    (void)history, (void)journal;
    return {};
  }

  // Empty when nothing speaks against this user's running migrations. Reads only.
  virtual std::optional<MissingRights> missing_rights(const TableName& history) {
    (void)history;
    return std::nullopt;
  }
};

// Making and removing whole databases; not every driver can.
class DatabaseAdmin {
 public:
  virtual ~DatabaseAdmin() = default;
  // False when it exists already.
  virtual bool create(const std::string& url, const SessionOptions&) = 0;
  // Throws Failure (safety) when this user could not create it again after a drop.
  virtual void require_right_to_create(const std::string& /*url*/, const SessionOptions&) {}
  // False when there was none. `force` ends other sessions first.
  virtual bool drop(const std::string& url, const SessionOptions&, bool force) = 0;
  // The schema as SQL, without data.
  virtual std::string dump(const std::string& url, const SessionOptions&) = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string_view name() const = 0;  // "postgres"
  virtual Dialect dialect() const = 0;
  // Throws Failure: usage (malformed URL), connect (unreachable, refused, no such database), io.
  virtual std::unique_ptr<Session> open(const std::string& url, const SessionOptions&) = 0;
  // What `database` and `location` would be, without connecting; for messages about a failure to connect.
  virtual ServerInfo describe(const std::string& url) const = 0;
  // For `dunlin shell`; fails as open() does. Null where the driver has none.
  virtual std::unique_ptr<Dialogue> open_dialogue(const std::string& /*url*/, const SessionOptions&) { return nullptr; }
  // Null where the driver has none.
  virtual DatabaseAdmin* admin() = 0;
};

}  // namespace dunlin
