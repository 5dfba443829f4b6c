// What happens during a run, as it happens. Progress bars, log lines, metrics and tests are observers; the runner
// itself prints nothing.
//
// All calls come from the thread that runs, in order. An observer must not throw and must not call back into the run.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/plan.h"
#include "dunlin/report.h"
#include "dunlin/server_info.h"

namespace dunlin {

// Somebody who stands in our way: the holder of the migration lock, or of a lock that a statement waits for.
struct Blocker {
  std::int64_t pid = 0;
  std::string user;
  std::string application;
  std::string host;
  std::string state;  // as the server words it: "idle in transaction"
  std::string query;  // may hold data; terminal only
  std::optional<std::chrono::seconds> transaction_age;
  std::optional<std::chrono::seconds> state_age;
};

// The server's own account of a long statement (pg_stat_progress_*).
struct ServerProgress {
  std::string command;  // "CREATE INDEX CONCURRENTLY"
  std::string phase;    // "building index"
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown
};

struct ServerNotice {
  std::string severity;  // NOTICE, WARNING, ...
  std::string message;
  std::string detail;
  std::string hint;
  SourcePosition where;
};

class Observer {
 public:
  virtual ~Observer() = default;

  // Connected; again after each reconnect.
  virtual void connected(const ServerInfo&) {}
  // Before the first step; again when the history moved and the plan had to be made anew. Indexes into the plan begin
  // at 0 again then.
  virtual void run_started(const Plan&) {}
  virtual void run_finished(const Report&) {}

  // Polling for the migration lock. Called at once when it is found busy, and about every second after that.
  virtual void waiting_for_run_lock(const std::vector<Blocker>& holders, std::chrono::milliseconds waited) {
    (void)holders, (void)waited;
  }

  // This user may not migrate, and was told to wait for `owner`, who may. Called at once, and about every second after
  // that.
  virtual void waiting_for_migrations(std::size_t pending, const std::string& owner, std::chrono::milliseconds waited) {
    (void)pending, (void)owner, (void)waited;
  }

  // In a pipelined batch a step starts when the answers of the one before it are in.
  virtual void step_started(const Step&, std::size_t index) { (void)index; }
  virtual void statement_finished(const Step&, std::size_t statement) { (void)statement; }
  virtual void step_finished(const Step&, const AppliedStep&) {}
  virtual void step_failed(const Step&, const FailedStep&) {}
  // A lock or serialization failure; the step is tried again after `pause`.
  virtual void step_retrying(const Step&, int attempt, int attempts, const Error& why,
                             std::chrono::milliseconds pause) {
    (void)attempt, (void)attempts, (void)why, (void)pause;
  }
  // The running statement waits for a lock of `relation`, held by `blockers`.
  virtual void statement_blocked(const Step&, const std::string& lock_mode, const std::string& relation,
                                 const std::vector<Blocker>& blockers) {
    (void)lock_mode, (void)relation, (void)blockers;
  }
  virtual void server_progress(const Step&, const ServerProgress&) {}
  // Called about four times a second while the run waits for the server, so that clocks on a screen can move.
  virtual void tick() {}

  // `step` is null for a notice that belongs to no migration.
  virtual void notice(const Step* step, const ServerNotice&) { (void)step; }
  virtual void diagnostic(const Diagnostic&) {}
  // The connection broke; the run reconnects and finds out what became of its last commit. `why` it broke at the first
  // attempt (1), and why the one before failed at every other.
  virtual void reconnecting(const Error& why, int attempt) { (void)why, (void)attempt; }
};

}  // namespace dunlin
