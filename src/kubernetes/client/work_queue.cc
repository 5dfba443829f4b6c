#include "kubernetes/client/work_queue.h"

#include <algorithm>

namespace dunlin::kubernetes {

using std::chrono::milliseconds;

WorkQueue::WorkQueue(WorkQueueLimits limits, Clock& clock) : limits_(limits), clock_(clock) {}

void WorkQueue::add(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  add_locked(name);
}

void WorkQueue::add_locked(const std::string& name) {
  if (shut_ || !waiting_.try_emplace(name, clock_.now()).second) return;
  ++adds_;
  if (at_work_.contains(name)) return;
  ready_.push_back(name);
  changed_.notify_one();
}

void WorkQueue::add_after(const std::string& name, milliseconds pause) {
  const std::scoped_lock lock(mutex_);
  if (shut_) return;
  if (pause <= milliseconds{0}) return add_locked(name);
  const Clock::Steady when = clock_.now() + pause;
  if (const auto earlier = due_.find(name); earlier != due_.end()) {
    if (earlier->second <= when) return;
    const auto [begin, end] = later_.equal_range(earlier->second);
    later_.erase(std::find_if(begin, end, [&](const auto& each) { return each.second == name; }));
  }
  due_[name] = when;
  later_.emplace(when, name);
  changed_.notify_one();
}

void WorkQueue::add_failed(const std::string& name) {
  milliseconds pause = limits_.first;
  {
    const std::scoped_lock lock(mutex_);
    const unsigned failures = failures_[name]++;
    ++retries_;
    for (unsigned i = 0; i < failures && pause < limits_.longest; ++i) pause *= 2;
  }
  add_after(name, std::min(pause, limits_.longest));
}

void WorkQueue::forget(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  failures_.erase(name);
}

void WorkQueue::release_due() {
  while (!later_.empty() && later_.begin()->first <= clock_.now()) {
    const std::string name = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    due_.erase(name);
    add_locked(name);
  }
}

std::optional<WorkQueue::Taken> WorkQueue::take() {
  std::unique_lock lock(mutex_);
  while (!shut_) {
    release_due();
    if (!ready_.empty()) {
      const std::string name = std::move(ready_.front());
      ready_.pop_front();
      const Clock::Steady now = clock_.now();
      const auto waiting = waiting_.find(name);
      const Clock::Steady since = waiting == waiting_.end() ? now : waiting->second;
      waiting_.erase(name);
      at_work_.emplace(name, now);
      return Taken{name, now - since};
    }
    if (later_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, later_.begin()->first - clock_.now());
    }
  }
  return std::nullopt;
}

void WorkQueue::done(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  at_work_.erase(name);
  if (shut_ || !waiting_.contains(name)) return;
  ready_.push_back(name);
  changed_.notify_one();
}

void WorkQueue::shut() {
  const std::scoped_lock lock(mutex_);
  shut_ = true;
  ready_.clear();
  waiting_.clear();
  later_.clear();
  due_.clear();
  changed_.notify_all();
}

WorkQueueFigures WorkQueue::figures() const {
  const std::scoped_lock lock(mutex_);
  WorkQueueFigures figures{.depth = ready_.size(), .adds = adds_, .retries = retries_, .at_work = at_work_.size()};
  for (const auto& [name, since] : at_work_) {
    const auto time = clock_.now() - since;
    figures.longest_at_work = std::max<std::chrono::nanoseconds>(figures.longest_at_work, time);
    figures.all_at_work += time;
  }
  return figures;
}

}  // namespace dunlin::kubernetes
