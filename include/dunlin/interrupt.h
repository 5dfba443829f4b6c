// A stop request that a signal handler, another thread or a library user may make, and that waiting code can poll.
#pragma once

#include <atomic>
#include <chrono>

namespace dunlin {

class Interrupt {
 public:
  Interrupt();  // throws Failure (io) when the kernel gives no event descriptor
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Async-signal-safe and thread-safe. `signal` is kept for the exit code; 0 for a request without one. A second call
  // keeps the first signal.
  void request(int signal) noexcept;

  bool requested() const noexcept { return requested_.load(std::memory_order_acquire); }
  int signal() const noexcept { return signal_.load(std::memory_order_acquire); }

  // Becomes readable with the request and stays so: for poll() beside a socket. Never read from it.
  int descriptor() const noexcept { return descriptor_; }

  // Sleeps; true as soon as a stop is requested.
  bool wait_for(std::chrono::milliseconds) const noexcept;

 private:
  std::atomic<bool> requested_{false};
  std::atomic<int> signal_{0};
  int descriptor_ = -1;
};

}  // namespace dunlin
