#include "drivers/sqlite/waiting.h"

#include <algorithm>
#include <thread>

#include <sqlite3.h>

namespace dunlin::sqlite {
namespace {

using namespace std::chrono_literals;

// Virtual machine instructions between two looks at the interrupt: about 0.1 ms.
constexpr int kInstructions = 5'000;
constexpr auto kTick = 250ms;
constexpr auto kReport = 1'000ms;

}  // namespace

void Waiting::install(sqlite3* connection) {
  sqlite3_busy_handler(connection, &Waiting::on_busy, this);
  if (interrupt_ != nullptr || statement_timeout_ > 0ms) {
    sqlite3_progress_handler(connection, kInstructions, &Waiting::on_progress, this);
  }
}

void Waiting::statement_started() {
  timed_out_ = false;
  if (statement_timeout_ > 0ms) statement_began_ = Steady::now();
}

int Waiting::on_busy(void* self, int calls) {
  return static_cast<Waiting*>(self)->wait_once(calls) ? 1 : 0;
}

int Waiting::on_progress(void* self) {
  return static_cast<Waiting*>(self)->should_stop() ? 1 : 0;
}

bool Waiting::wait_once(int calls) {
  if (!patient_ || interrupted()) return false;
  const auto now = Steady::now();
  if (calls == 0) wait_began_ = now;
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - wait_began_);
  if (waited >= busy_timeout_) return false;
  if (observer_ != nullptr && (calls == 0 || now - reported_ >= kReport)) {
    // SQLite does not tell who holds its lock.
    observer_->waiting_for_run_lock({}, waited);
    reported_ = now;
  }
  tick(now);
  // Short at first, for the usual writer of a few milliseconds.
  const auto pause = std::min({std::chrono::milliseconds(1 << std::min(calls, 5)), 25ms, busy_timeout_ - waited});
  if (interrupt_ != nullptr) return !interrupt_->wait_for(pause);
  std::this_thread::sleep_for(pause);
  return true;
}

bool Waiting::should_stop() {
  if (interrupted()) return true;
  const auto now = Steady::now();
  tick(now);
  timed_out_ = statement_timeout_ > 0ms && now - statement_began_ >= statement_timeout_;
  return timed_out_;
}

void Waiting::tick(Steady::time_point now) {
  if (observer_ == nullptr || now - ticked_ < kTick) return;
  ticked_ = now;
  observer_->tick();
}

}  // namespace dunlin::sqlite
