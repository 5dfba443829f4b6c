// Looks from a second connection at what our statement waits for and how far it is. Opened when a wait has lasted for a
// moment, autocommit, never waiting for a lock itself. Where the role or the connection limit forbids the second
// connection, a diagnostic says so once and the run goes on without.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "drivers/postgres/connection.h"
#include "drivers/postgres/watch.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

class Monitor {
 public:
  // `main` is looked at; it must outlive this.
  Monitor(const Connection& main, const BackendId& backend, int server_version);
  ~Monitor();

  // Whose ungranted waiters are to be reported: they would deadlock a CREATE INDEX CONCURRENTLY of the lock's holder.
  void watch_for_waiters(std::optional<RunLock> lock) { lock_ = std::move(lock); }

  // To poll() on for reading; negative when nothing is awaited.
  int socket() const noexcept;
  // Does what can be done without waiting. `silence` is the time since the server last answered.
  void attend(const Watch&, std::chrono::nanoseconds silence);

 private:
  enum class Phase { closed, connecting, idle, asking, off };

  void connect(const Watch&);
  void continue_connecting(const Watch&);
  void ask();
  void collect(const Watch&);
  void report(const Watch&, const PGresult*);
  void report_blockers(const Watch&, const PGresult*);
  void report_progress(const Watch&, const PGresult*);
  void report_waiters(const Watch&, const PGresult*);
  void turn_off(const Watch&, const std::string& why);

  struct Deleter {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  const Connection& main_;
  const BackendId backend_;
  const int version_;
  std::optional<RunLock> lock_;
  Phase phase_ = Phase::closed;
  std::unique_ptr<PGconn, Deleter> connection_;
  PostgresPollingStatusType polling_ = PGRES_POLLING_WRITING;
  SteadyTime began_;
  SteadyTime next_question_;
  std::set<std::int64_t> reported_waiters_;
};

}  // namespace dunlin::postgres
