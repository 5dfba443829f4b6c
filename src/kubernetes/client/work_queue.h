// Names of things to be looked at: each once however often it is added, never by two workers at once, and what failed
// later and later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"

namespace dunlin::kubernetes {

struct WorkQueueLimits {
  // After the nth failure in a row: first * 2^(n-1), at most longest.
  std::chrono::milliseconds first{5};
  std::chrono::milliseconds longest{1'000'000};
};

// For metrics.
struct WorkQueueFigures {
  std::size_t depth = 0;
  std::uint64_t adds = 0;
  std::uint64_t retries = 0;
  std::size_t at_work = 0;
  std::chrono::nanoseconds longest_at_work{0};
  std::chrono::nanoseconds all_at_work{0};
};

// Any thread may call any of it.
class WorkQueue {
 public:
  explicit WorkQueue(WorkQueueLimits = {}, Clock& = Clock::real());

  // A name that is being worked on comes again when that is done.
  void add(const std::string& name);
  // Not before `pause` is over; an earlier one that is under way stays.
  void add_after(const std::string& name, std::chrono::milliseconds pause);
  // As often as the name has failed, so long the pause.
  void add_failed(const std::string& name);
  // It did not fail.
  void forget(const std::string& name);

  struct Taken {
    std::string name;
    std::chrono::nanoseconds waited;
  };
  // Waits for the next one; empty once the queue is shut. Each is to be given back with done().
  std::optional<Taken> take();
  void done(const std::string& name);

  // What is waiting is dropped; take() ends.
  void shut();

  WorkQueueFigures figures() const;

 private:
  void add_locked(const std::string& name);
  void release_due();

  const WorkQueueLimits limits_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> ready_;
  std::map<std::string, Clock::Steady> waiting_;  // in ready_, or added again while being worked on; since when
  std::map<std::string, Clock::Steady> at_work_;  // since when
  std::multimap<Clock::Steady, std::string> later_;
  std::map<std::string, Clock::Steady> due_;  // of what is in later_
  std::map<std::string, unsigned> failures_;
  std::uint64_t adds_ = 0;
  std::uint64_t retries_ = 0;
  bool shut_ = false;
};

}  // namespace dunlin::kubernetes
