// The controller: takes the Migrators that something happened to from a queue, and reconciles them.
#pragma once

#include <functional>
#include <string>

#include "kubernetes/client/work_queue.h"
#include "kubernetes/operator/controller_metrics.h"
#include "kubernetes/operator/reconciler.h"

namespace dunlin::manager {

class Controller {
 public:
  static constexpr std::size_t kWorkers = 4;
  using Tell = std::function<void(const kubernetes::ObjectKey&, const std::string& problem)>;

  // All of them outlive this.
  Controller(Reconciler&, ControllerMetrics&, Tell on_problem, Clock& clock = Clock::real());

  // Any thread. Kept until run() is there to do something about it.
  void wake(const kubernetes::ObjectKey&);

  // Until shut(), which any thread may call; what has begun is brought to its end.
  void run();
  void shut() { queue_.shut(); }

  kubernetes::WorkQueueFigures figures() const { return queue_.figures(); }

 private:
  void work();
  std::string_view reconcile(const std::string& name);

  Reconciler& reconciler_;
  ControllerMetrics& metrics_;
  const Tell on_problem_;
  Clock& clock_;
  kubernetes::WorkQueue queue_;
};

}  // namespace dunlin::manager
