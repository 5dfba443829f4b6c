// Requests an interrupt when it has lived for too long.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "dunlin/interrupt.h"

namespace dunlin::shell {

class TimeLimit {
 public:
  // `interrupt` must outlive this.
  TimeLimit(Interrupt& interrupt, std::chrono::milliseconds limit)
      : thread_([&interrupt, limit](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any never;
          never.wait_for(lock, stop, limit, [] { return false; });
          if (!stop.stop_requested()) interrupt.request(0);
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace dunlin::shell
