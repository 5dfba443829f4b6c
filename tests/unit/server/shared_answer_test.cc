#include "server/shared_answer.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

namespace dunlin::server {
namespace {

using std::chrono::milliseconds;

class SharedAnswers : public testing::Test {
 protected:
  // Runs the loop until somebody stops it.
  void run() {
    const Interrupt nobody;
    loop_.run(nobody, [] {});
  }

  net::EventLoop loop_;
};

TEST_F(SharedAnswers, IsFoundOnceForAllWhoAskAndKept) {
  std::atomic<int> found = 0;
  SharedAnswer<int> shared(
      loop_, Clock::real(), {.keep = milliseconds(60'000), .patience = milliseconds(60'000)}, [&] { return ++found; },
      [] { return -1; });
  std::vector<int> answers;
  for (int i = 0; i < 3; ++i) shared.ask([&](const auto& answer) { answers.push_back(*answer); });
  shared.ask([&](const auto&) {
    shared.ask([&](const auto& answer) {
      answers.push_back(*answer);
      loop_.stop();
    });
  });
  run();
  EXPECT_EQ(answers, (std::vector<int>{1, 1, 1, 1}));
  EXPECT_EQ(found, 1);
}

TEST_F(SharedAnswers, WhoHasWaitedEnoughIsToldSoAndLaterOnesAtOnce) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  SharedAnswer<int> shared(
      loop_, Clock::real(), {.keep = milliseconds(60'000), .patience = milliseconds(20)},
      [&] {
        released.wait();
        return 1;
      },
      [] { return -1; });
  std::vector<int> answers;
  // Asks until the answer is there, which cannot be before it is let go.
  std::function<void()> ask_again = [&] {
    shared.ask([&](const auto& answer) {
      answers.push_back(*answer);
      if (*answer == 1) return loop_.stop();
      if (answers.size() == 2) release.set_value();
      loop_.after(milliseconds(1), ask_again);
    });
  };
  ask_again();
  run();
  ASSERT_GE(answers.size(), 3U);
  EXPECT_EQ(answers[0], -1);
  EXPECT_EQ(answers[1], -1);
  EXPECT_EQ(answers.back(), 1);
}

TEST_F(SharedAnswers, WhoWaitsShortlyIsGivenWhatWasFoundLast) {
  std::promise<void> first, second;
  std::atomic<int> found = 0;
  SharedAnswer<int> shared(
      loop_, Clock::real(), {.keep = milliseconds(0), .patience = milliseconds(60'000)},
      [&] {
        (found == 0 ? first : second).get_future().wait();
        return ++found;
      },
      [] { return -1; });
  std::vector<int> answers;
  const auto note = [&](const auto& answer) { answers.push_back(answer ? *answer : 0); };
  shared.ask([&](const auto& answer) {
    note(answer);
    shared.ask_soon(milliseconds(1), [&](const auto& last) {
      note(last);
      second.set_value();
      loop_.stop();
    });
  });
  shared.ask_soon(milliseconds(1), [&](const auto& nothing) {
    note(nothing);
    first.set_value();
  });
  run();
  EXPECT_EQ(answers, (std::vector<int>{0, 1, 1}));
}

}  // namespace
}  // namespace dunlin::server
