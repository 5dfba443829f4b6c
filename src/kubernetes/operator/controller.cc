#include "kubernetes/operator/controller.h"

#include <array>
#include <thread>

#include "dunlin/error.h"

namespace dunlin::manager {

using kubernetes::ObjectKey;

namespace {

// An API server that comes back is not to be kept waiting for long.
constexpr std::chrono::minutes kLongestPause{1};

// No namespace has a slash.
std::string queue_name(const ObjectKey& key) {
  return key.name_space + "/" + key.name;
}

ObjectKey key_of(const std::string& name) {
  const std::size_t slash = name.find('/');
  return {name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace

Controller::Controller(Reconciler& reconciler, ControllerMetrics& metrics, Tell on_problem, Clock& clock)
    : reconciler_(reconciler),
      metrics_(metrics),
      on_problem_(std::move(on_problem)),
      clock_(clock),
      queue_({.longest = kLongestPause}, clock) {}

void Controller::wake(const ObjectKey& key) {
  queue_.add(queue_name(key));
}

void Controller::run() {
  std::array<std::thread, kWorkers> workers;
  for (std::thread& worker : workers) worker = std::thread([this] { work(); });
  for (std::thread& worker : workers) worker.join();
}

void Controller::work() {
  while (const auto taken = queue_.take()) {
    metrics_.worker_began();
    const auto began = clock_.now();
    const std::string_view result = reconcile(taken->name);
    metrics_.reconciled(result, taken->waited, clock_.now() - began);
    metrics_.worker_ended();
    queue_.done(taken->name);
  }
}

std::string_view Controller::reconcile(const std::string& name) {
  try {
    const Reconciled reconciled = reconciler_.reconcile(key_of(name));
    if (reconciled.result != Reconciled::Result::done) {
      queue_.add_failed(name);
      return "requeue";
    }
    queue_.forget(name);
    if (!reconciled.again_in) return "success";
    queue_.add_after(name, *reconciled.again_in);
    return "requeue_after";
  } catch (const std::exception& problem) {
    // The next one may do better, and the others must not suffer from it.
    on_problem_(key_of(name), problem.what());
    queue_.add_failed(name);
    return "error";
  }
}

}  // namespace dunlin::manager
