// A session that holds the run lock, with the history as read under it; it survives a broken connection.
#pragma once

#include <memory>
#include <optional>

#include "core/history_table.h"
#include "core/journal.h"
#include "core/project.h"
#include "dunlin/observer.h"
#include "dunlin/run_options.h"
#include "dunlin/status.h"

namespace dunlin {

class RunSession {
 public:
  RunSession(const Project& project, const RunOptions& options, Observer& observer);
  ~RunSession();
  RunSession(const RunSession&) = delete;
  RunSession& operator=(const RunSession&) = delete;

  // Connects, and nothing else. Throws Failure (connect).
  void connect(bool read_only);
  // Waits for the run lock and reads the history again under it. The error: lock_busy or interrupted.
  std::optional<Error> lock();
  // Reads the history again. Throws Failure (sql, connect).
  void refresh();
  // Makes the history table when it is absent, and sees to it that the project's roles get what they are to have.
  // Throws Failure: sql; config for a role that cannot have it, before anything is made.
  void prepare_history();
  // After a broken connection: connects again, takes the lock again (ending our own orphaned server process if it does
  // not end by itself) and only then reads the history: before that, "not applied" would be a guess. The error says why
  // it could not be found out.
  std::optional<Error> recover(const Error& why);
  // Takes the lock back if a migration has dropped it; then the history is read again.
  std::optional<Error> keep_lock();
  void unlock() noexcept;

  Session& session() { return *session_; }
  const Project& project() const { return project_; }
  const RunOptions& options() const { return options_; }
  Observer& observer() { return observer_; }
  HistoryTable& history() { return history_; }
  Journal& journal() { return *journal_; }
  // Filled by prepare_history().
  const GrantScript& grants() const { return grants_; }
  const Status& status() const { return status_; }
  bool has_read_history() const { return journal_.has_value(); }
  // Whether the history, as last read, has what the step would do.
  bool is_settled(const Step&) const;
  // Of the last connection.
  const ServerInfo& server() const { return server_; }
  const std::optional<RunLock>& run_lock() const { return run_lock_; }
  // Rows in the history table, kept up to date by the runner.
  std::size_t history_rows = 0;
  bool interrupted() const;
  Error interrupted_error() const;

 private:
  std::optional<Error> acquire_lock(const std::optional<BackendId>& orphan);

  const Project& project_;
  const RunOptions& options_;
  Observer& observer_;
  std::unique_ptr<Session> session_;
  ServerInfo server_;
  HistoryTable history_;
  std::optional<Journal> journal_;
  GrantScript grants_;
  Status status_;
  std::optional<RunLock> run_lock_;
  bool locked_ = false;
};

}  // namespace dunlin
