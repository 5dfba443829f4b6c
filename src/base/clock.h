// Time and sleep behind a seam, so that tests of backoff and deadlines do not wait.
#pragma once

#include <chrono>

#include "dunlin/interrupt.h"

namespace dunlin {

class Clock {
 public:
  using Duration = std::chrono::nanoseconds;
  using Steady = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  virtual Steady now() const = 0;
  virtual std::chrono::system_clock::time_point wall_now() const = 0;
  // True when the interrupt ended the sleep. `interrupt` may be null.
  virtual bool sleep(std::chrono::milliseconds, const Interrupt* interrupt) = 0;

  // The real one. Stateless.
  static Clock& real();
};

}  // namespace dunlin
