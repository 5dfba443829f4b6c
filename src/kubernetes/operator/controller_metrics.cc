#include "kubernetes/operator/controller_metrics.h"

#include <fmt/format.h>

namespace dunlin::manager {
namespace {

constexpr std::string_view kController = "migrator";

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

void write_one(Exposition& exposition, std::string_view name, std::string_view type, std::string_view help,
               double value, Exposition::Labels labels) {
  exposition.family(name, type, help);
  exposition.sample(value, labels);
}

}  // namespace

void ControllerMetrics::reconciled(std::string_view result, std::chrono::nanoseconds waited,
                                   std::chrono::nanoseconds took) {
  const std::scoped_lock lock(mutex_);
  ++results_[std::string(result)];
  queue_time_.observe(seconds(waited));
  work_time_.observe(seconds(took));
  reconcile_time_.observe(seconds(took));
}

void ControllerMetrics::worker_began() {
  const std::scoped_lock lock(mutex_);
  ++active_;
}

void ControllerMetrics::worker_ended() {
  const std::scoped_lock lock(mutex_);
  --active_;
}

void ControllerMetrics::api_answered(std::string_view method, unsigned code) {
  const std::scoped_lock lock(mutex_);
  // A watch is a GET to everybody else.
  ++api_answers_[{std::string(method == "WATCH" ? "GET" : method), code}];
}

void ControllerMetrics::webhook_in_flight(std::string_view webhook, int change) {
  const std::scoped_lock lock(mutex_);
  webhooks_[std::string(webhook)].in_flight += change;
}

void ControllerMetrics::webhook_answered(std::string_view webhook, unsigned code, std::chrono::nanoseconds took) {
  const std::scoped_lock lock(mutex_);
  Webhook& one = webhooks_[std::string(webhook)];
  ++one.codes[code];
  one.latency.observe(seconds(took));
}

void ControllerMetrics::leads(bool leads) {
  const std::scoped_lock lock(mutex_);
  leads_ = leads;
}

void ControllerMetrics::write(Exposition& exposition, const kubernetes::WorkQueueFigures& queue, std::size_t workers,
                              std::string_view lease, std::string_view host) const {
  const std::scoped_lock lock(mutex_);
  exposition.family("controller_runtime_reconcile_total", "counter", "Reconciles, by their result.");
  for (const std::string_view result : {"error", "requeue", "requeue_after", "success"}) {
    const auto found = results_.find(result);
    exposition.sample(found == results_.end() ? 0 : static_cast<double>(found->second),
                      {{"controller", kController}, {"result", result}});
  }
  const auto errors = results_.find("error");
  write_one(exposition, "controller_runtime_reconcile_errors_total", "counter", "Reconciles that failed.",
            errors == results_.end() ? 0 : static_cast<double>(errors->second), {{"controller", kController}});
  exposition.family("controller_runtime_reconcile_time_seconds", "histogram", "How long a reconcile takes.");
  reconcile_time_.write(exposition, {{"controller", kController}});
  write_one(exposition, "controller_runtime_max_concurrent_reconciles", "gauge",
            "How many reconciles may run at a time.", static_cast<double>(workers), {{"controller", kController}});
  write_one(exposition, "controller_runtime_active_workers", "gauge", "How many reconciles run.",
            static_cast<double>(active_), {{"controller", kController}});

  const auto of_queue = [&](std::string_view name, std::string_view type, std::string_view help, double value) {
    write_one(exposition, name, type, help, value, {{"controller", kController}, {"name", kController}});
  };
  of_queue("workqueue_depth", "gauge", "Migrators that wait for a reconcile.", static_cast<double>(queue.depth));
  of_queue("workqueue_adds_total", "counter", "Migrators put into the queue.", static_cast<double>(queue.adds));
  of_queue("workqueue_retries_total", "counter", "Migrators put back after a failure.",
           static_cast<double>(queue.retries));
  of_queue("workqueue_unfinished_work_seconds", "gauge", "How long the reconciles that run have taken, together.",
           seconds(queue.all_at_work));
  of_queue("workqueue_longest_running_processor_seconds", "gauge", "How long the longest of them has taken.",
           seconds(queue.longest_at_work));
  exposition.family("workqueue_queue_duration_seconds", "histogram", "How long a Migrator waits in the queue.");
  queue_time_.write(exposition, {{"controller", kController}, {"name", kController}});
  exposition.family("workqueue_work_duration_seconds", "histogram", "How long a Migrator from the queue takes.");
  work_time_.write(exposition, {{"controller", kController}, {"name", kController}});

  exposition.family("rest_client_requests_total", "counter", "Requests to the API server.");
  for (const auto& [what, count] : api_answers_) {
    exposition.sample(static_cast<double>(count),
                      {{"code", fmt::format("{}", what.second)}, {"host", host}, {"method", what.first}});
  }
  write_one(exposition, "leader_election_master_status", "gauge", "Whether this replica leads.", leads_ ? 1 : 0,
            {{"name", lease}});

  exposition.family("controller_runtime_webhook_requests_total", "counter", "Reviews that were answered.");
  for (const auto& [path, webhook] : webhooks_) {
    for (const auto& [code, count] : webhook.codes)
      exposition.sample(static_cast<double>(count), {{"webhook", path}, {"code", fmt::format("{}", code)}});
  }
  exposition.family("controller_runtime_webhook_requests_in_flight", "gauge", "Reviews that are being answered.");
  for (const auto& [path, webhook] : webhooks_)
    exposition.sample(static_cast<double>(webhook.in_flight), {{"webhook", path}});
  exposition.family("controller_runtime_webhook_latency_seconds", "histogram", "How long a review takes.");
  for (const auto& [path, webhook] : webhooks_) webhook.latency.write(exposition, {{"webhook", path}});
}

}  // namespace dunlin::manager
