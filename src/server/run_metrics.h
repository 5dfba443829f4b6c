// What runs leave behind for Prometheus: pushed to a gateway, or kept in a file from run to run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/exposition.h"
#include "dunlin/observer.h"

namespace dunlin::server {

// Of one database. Counters go on from run to run where there is a file, and cover one run where there is none.
struct RunMetrics {
  std::map<std::string, double, std::less<>> runs;  // by outcome: "applied", "nothing", "failed", ...
  double seconds = 0;                               // all runs together, waiting included
  double migrations = 0;                            // applied or undone
  double lock_wait_seconds = 0;                     // for other runners
  double lock_retries = 0;                          // migrations tried again because others held a lock
  double pending = 0;
  double last_run_at = 0;  // seconds since 1970
  double last_run_seconds = 0;
  double last_success_at = 0;
  bool last_run_succeeded = false;

  void add(const RunMetrics& later);
};

using RunMetricsByDatabase = std::map<std::string, RunMetrics, std::less<>>;

void write_run_metrics(Exposition&, const RunMetricsByDatabase&);
void write_pending(Exposition&, const std::map<std::string_view, double>& by_database);
void write_build_info(Exposition&);

// Reads back what write_run_metrics wrote. Throws Failure (config) for a text that is somebody else's.
RunMetricsByDatabase read_run_metrics(std::string_view text);

// Measures one run.
class RunMeter final : public Observer {
 public:
  explicit RunMeter(Clock& clock) : clock_(clock), began_(clock.now()) {}

  void waiting_for_run_lock(const std::vector<Blocker>&, std::chrono::milliseconds) override;
  void run_started(const Plan&) override { end_waiting(); }
  void step_retrying(const Step&, int, int, const Error&, std::chrono::milliseconds) override {
    ++metrics_.lock_retries;
  }

  // What the run came to, once its report is there.
  RunMetrics measured(const Report&);

 private:
  void end_waiting();

  Clock& clock_;
  Clock::Steady began_;
  std::optional<Clock::Steady> waiting_since_;
  RunMetrics metrics_;
};

}  // namespace dunlin::server
