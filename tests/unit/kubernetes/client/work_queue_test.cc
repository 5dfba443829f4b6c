#include "kubernetes/client/work_queue.h"

#include <thread>

#include <gtest/gtest.h>

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;

TEST(WorkQueue, ANameStandsThereOnce) {
  WorkQueue queue;
  queue.add("a");
  queue.add("b");
  queue.add("a");
  EXPECT_EQ(queue.figures().depth, 2U);
  EXPECT_EQ(queue.take()->name, "a");
  EXPECT_EQ(queue.take()->name, "b");
  EXPECT_EQ(queue.figures().adds, 2U);
}

TEST(WorkQueue, IsNeverAtTwoWorkersAndComesAgainOnce) {
  WorkQueue queue;
  queue.add("a");
  EXPECT_EQ(queue.take()->name, "a");
  queue.add("a");
  queue.add("a");
  EXPECT_EQ(queue.figures().depth, 0U);
  EXPECT_EQ(queue.figures().at_work, 1U);
  queue.done("a");
  EXPECT_EQ(queue.figures().depth, 1U);
  EXPECT_EQ(queue.take()->name, "a");
  queue.done("a");
  EXPECT_EQ(queue.figures().depth, 0U);
}

TEST(WorkQueue, LaterIsLaterAndTheEarlierOneStays) {
  WorkQueue queue;
  const auto began = std::chrono::steady_clock::now();
  queue.add_after("slow", 10min);
  queue.add_after("slow", 30ms);
  queue.add_after("slow", 5min);
  EXPECT_EQ(queue.take()->name, "slow");
  EXPECT_GE(std::chrono::steady_clock::now() - began, 30ms);
  queue.done("slow");
  EXPECT_EQ(queue.figures().depth, 0U);
}

TEST(WorkQueue, FailuresComeLaterAndLaterUntilOneSucceeds) {
  WorkQueue queue({.first = 20ms, .longest = 80ms});
  const auto next = [&] {
    const auto began = std::chrono::steady_clock::now();
    queue.add_failed("a");
    queue.done(queue.take()->name);
    return std::chrono::steady_clock::now() - began;
  };
  EXPECT_GE(next(), 20ms);
  EXPECT_GE(next(), 40ms);
  EXPECT_GE(next(), 80ms);
  EXPECT_GE(next(), 80ms);
  EXPECT_EQ(queue.figures().retries, 4U);
  queue.forget("a");
  EXPECT_LT(next(), 80ms);
}

TEST(WorkQueue, AWorkerWaitsAndIsWoken) {
  WorkQueue queue;
  std::string taken;
  std::thread worker([&] {
    while (auto next = queue.take()) {
      taken += next->name;
      queue.done(next->name);
    }
  });
  queue.add("x");
  queue.add_after("y", 20ms);
  while (queue.figures().adds < 2 || queue.figures().depth > 0 || queue.figures().at_work > 0) {
    std::this_thread::sleep_for(1ms);
  }
  queue.shut();
  worker.join();
  EXPECT_EQ(taken, "xy");
  queue.add("z");
  EXPECT_EQ(queue.take().has_value(), false);
}

}  // namespace
}  // namespace dunlin::kubernetes
