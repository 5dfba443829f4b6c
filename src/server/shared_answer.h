// One answer for everybody who asks: found by a thread of its own when somebody wants to know, once however many ask,
// and kept for a while.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/event_loop.h"

namespace dunlin::server {

struct Freshness {
  std::chrono::milliseconds keep{2'000};      // how long an answer is good
  std::chrono::milliseconds patience{5'000};  // how long those who ask are kept waiting
};

// Lives on the loop's thread, all but `find`, which runs on the thread of its own and must end soon after the interrupt
// that it polls is requested: the destructor waits for it.
template <typename Answer>
class SharedAnswer {
 public:
  using Found = std::shared_ptr<const Answer>;
  using Take = std::function<void(const Found&)>;

  // `late` is what those are given whose patience has ended.
  SharedAnswer(net::EventLoop& loop, const Clock& clock, Freshness freshness, std::function<Answer()> find,
               std::function<Answer()> late)
      : loop_(loop),
        clock_(clock),
        freshness_(freshness),
        find_(std::move(find)),
        late_(std::move(late)),
        finder_([this] { keep_finding(); }) {}

  ~SharedAnswer() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wanted_changed_.notify_one();
    finder_.join();
  }
  SharedAnswer(const SharedAnswer&) = delete;
  SharedAnswer& operator=(const SharedAnswer&) = delete;

  // Like ask(), for those who wait no longer than `at_most`: they are given what was found last, however old, and null
  // when nothing ever was.
  void ask_soon(std::chrono::milliseconds at_most, Take take) {
    const auto told = std::make_shared<bool>(false);
    ask([told, take](const Found& found) {
      if (!std::exchange(*told, true)) take(found);
    });
    if (*told) return;
    loop_.after(at_most, [this, told, take = std::move(take)] {
      if (!std::exchange(*told, true)) take(last_);
    });
  }

  // Calls `take` on the loop's thread: at once where there is a fresh answer.
  void ask(Take take) {
    if (last_ && clock_.now() - found_at_ < freshness_.keep) return take(last_);
    if (late_now_) return take(std::make_shared<const Answer>(late_()));
    waiting_.push_back(std::move(take));
    if (asked_) return;
    asked_ = true;
    const std::size_t round = ++round_;
    {
      const std::lock_guard lock(mutex_);
      wanted_ = true;
    }
    wanted_changed_.notify_one();
    loop_.after(freshness_.patience, [this, round] { give_up(round); });
  }

 private:
  void keep_finding() {
    std::unique_lock lock(mutex_);
    while (true) {
      wanted_changed_.wait(lock, [this] { return wanted_ || ended_; });
      if (ended_) return;
      wanted_ = false;
      lock.unlock();
      auto found = find_or_give_up();
      lock.lock();
      if (ended_) return;
      loop_.post([this, found = std::move(found)] { settle(found); });
    }
  }

  // No thread, no memory: nobody is told anything else than that it takes too long.
  Found find_or_give_up() {
    try {
      return std::make_shared<const Answer>(find_());
    } catch (const std::exception&) {
      return std::make_shared<const Answer>(late_());
    }
  }

  void settle(const Found& found) {
    last_ = found;
    found_at_ = clock_.now();
    asked_ = late_now_ = false;
    hand_out(found);
  }

  void give_up(std::size_t round) {
    if (!asked_ || round != round_) return;
    late_now_ = true;
    hand_out(std::make_shared<const Answer>(late_()));
  }

  void hand_out(const Found& found) {
    const auto waiting = std::exchange(waiting_, {});
    for (const Take& take : waiting) take(found);
  }

  net::EventLoop& loop_;
  const Clock& clock_;
  Freshness freshness_;
  std::function<Answer()> find_;
  std::function<Answer()> late_;

  Found last_;
  Clock::Steady found_at_{};
  std::vector<Take> waiting_;
  bool asked_ = false;     // the finder is at it
  bool late_now_ = false;  // and has been for longer than anybody waits
  std::size_t round_ = 0;

  std::mutex mutex_;  // for what follows
  std::condition_variable wanted_changed_;
  bool wanted_ = false;
  bool ended_ = false;
  std::thread finder_;
};

}  // namespace dunlin::server
