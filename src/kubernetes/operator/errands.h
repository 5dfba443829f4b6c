// Work that blocks, done beside an event loop, which must not.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/event_loop.h"

namespace dunlin::manager {

// Any thread may call any of it. The loop has to outlive it.
class Errands {
 public:
  // At most `most_waiting` wait for one of the threads.
  Errands(net::EventLoop&, std::size_t threads, std::size_t most_waiting);
  // Waits for the work under way; what has not begun is dropped.
  ~Errands();
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  // `work` is done on one of the threads and must not throw; `then` gets what it gave, on the loop's. False when too
  // many wait already: then neither is called.
  template <typename Work, typename Then>
  [[nodiscard]] bool run(Work work, Then then) {
    return add([this, work = std::move(work), then = std::move(then)]() mutable {
      auto result = std::make_shared<decltype(work())>(work());
      loop_.post([result = std::move(result), then = std::move(then)]() mutable { then(std::move(*result)); });
    });
  }

 private:
  bool add(std::function<void()> errand);
  void keep_working();

  net::EventLoop& loop_;
  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dunlin::manager
