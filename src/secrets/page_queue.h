// Pages on their way from the reader to the workers: a short queue, so that memory stays flat.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace dunlin::secrets {

template <typename Page>
class PageQueue {
 public:
  explicit PageQueue(std::size_t capacity) : capacity_(capacity) {}

  // False once the queue is closed.
  bool push(Page page) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || pages_.size() < capacity_; });
    if (closed_) return false;
    pages_.push_back(std::move(page));
    changed_.notify_all();
    return true;
  }

  // Empty when the queue is closed and there is nothing left.
  std::optional<Page> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !pages_.empty(); });
    if (pages_.empty()) return std::nullopt;
    std::optional<Page> page = std::move(pages_.front());
    pages_.pop_front();
    changed_.notify_all();
    return page;
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Page> pages_;
  std::size_t capacity_;
  bool closed_ = false;
};

}  // namespace dunlin::secrets
