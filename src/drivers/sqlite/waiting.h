// What happens while SQLite makes us wait: for a lock of another process, or for a long statement.
#pragma once

#include <chrono>
#include <cstdint>

#include "dunlin/driver.h"

struct sqlite3;

namespace dunlin::sqlite {

// Installs itself as a connection's busy and progress handlers, so it stays where it is made.
class Waiting {
 public:
  Waiting(const Interrupt* interrupt, std::chrono::milliseconds busy_timeout,
          std::chrono::milliseconds statement_timeout)
      : interrupt_(interrupt), busy_timeout_(busy_timeout), statement_timeout_(statement_timeout) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void install(sqlite3* connection);

  // Whether a busy database is waited for. Inside a transaction it is not: whoever holds a lock and waits for another
  // may wait for somebody who waits for the first.
  void set_patient(bool patient) { patient_ = patient; }
  void set_observer(Observer* observer) { observer_ = observer; }
  // In the place of the one it was made with. Only where it was made with one: else nobody looks.
  void set_interrupt(const Interrupt* interrupt) { interrupt_ = interrupt; }
  // Begins the statement time limit anew.
  void statement_started();

  bool interrupted() const { return interrupt_ != nullptr && interrupt_->requested(); }
  // The last SQLITE_INTERRUPT was the statement time limit.
  bool timed_out() const { return timed_out_; }
  std::chrono::milliseconds statement_timeout() const { return statement_timeout_; }
  std::chrono::milliseconds busy_timeout() const { return busy_timeout_; }

 private:
  using Steady = std::chrono::steady_clock;

  static int on_busy(void* self, int calls);
  static int on_progress(void* self);
  bool wait_once(int calls);
  bool should_stop();
  void tick(Steady::time_point now);

  const Interrupt* interrupt_;
  Observer* observer_ = nullptr;
  std::chrono::milliseconds busy_timeout_;
  std::chrono::milliseconds statement_timeout_;
  bool patient_ = true;
  bool timed_out_ = false;
  Steady::time_point statement_began_{};
  Steady::time_point wait_began_{};
  Steady::time_point reported_{};
  Steady::time_point ticked_{};
};

}  // namespace dunlin::sqlite
