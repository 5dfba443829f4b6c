// What the controller counts, under controller-runtime's names, so that the dashboards there are go on working.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/exposition.h"
#include "base/histogram.h"
#include "kubernetes/client/work_queue.h"

namespace dunlin::manager {

// Any thread may call any of it.
class ControllerMetrics {
 public:
  // `result`: "success", "error", "requeue", "requeue_after".
  void reconciled(std::string_view result, std::chrono::nanoseconds waited, std::chrono::nanoseconds took);
  void worker_began();
  void worker_ended();

  // Of the API server's answers; "<error>" as controller-runtime has it stands for none.
  void api_answered(std::string_view method, unsigned code);
  void webhook_in_flight(std::string_view webhook, int change);
  void webhook_answered(std::string_view webhook, unsigned code, std::chrono::nanoseconds took);
  void leads(bool leads);

  void write(Exposition&, const kubernetes::WorkQueueFigures&, std::size_t workers, std::string_view lease,
             std::string_view host) const;

 private:
  struct Webhook {
    std::map<unsigned, std::uint64_t> codes;
    std::int64_t in_flight = 0;
    Histogram latency{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  };

  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> results_;
  Histogram reconcile_time_{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  Histogram queue_time_{0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000};
  Histogram work_time_{0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000};
  std::size_t active_ = 0;
  std::map<std::pair<std::string, unsigned>, std::uint64_t> api_answers_;
  std::map<std::string, Webhook, std::less<>> webhooks_;
  bool leads_ = false;
};

}  // namespace dunlin::manager
