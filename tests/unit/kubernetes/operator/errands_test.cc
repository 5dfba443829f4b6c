#include "kubernetes/operator/errands.h"

#include <future>

#include <gtest/gtest.h>

#include "unit/kubernetes/operator/on_a_loop.h"

namespace dunlin::manager {
namespace {

TEST(Errands, AreDoneBesideTheLoopAndToldOnIt) {
  LoopThread there;
  Errands errands(there.loop, 1, 10);
  std::promise<std::pair<std::thread::id, std::thread::id>> told;
  std::promise<std::thread::id> loops;
  there.loop.post([&] { loops.set_value(std::this_thread::get_id()); });
  ASSERT_TRUE(errands.run([] { return std::this_thread::get_id(); },
                          [&](std::thread::id worker) { told.set_value({worker, std::this_thread::get_id()}); }));
  const auto [worker, teller] = told.get_future().get();
  EXPECT_EQ(teller, loops.get_future().get());
  EXPECT_NE(worker, teller);
}

TEST(Errands, TooManyAreRefused) {
  LoopThread there;
  std::promise<void> may_end;
  std::promise<void> began;
  std::promise<int> second;
  Errands errands(there.loop, 1, 1);
  ASSERT_TRUE(errands.run(
      [&] {
        began.set_value();
        may_end.get_future().wait();
        return 1;
      },
      [](int) {}));
  began.get_future().wait();
  ASSERT_TRUE(errands.run([] { return 2; }, [&](int result) { second.set_value(result); }));
  EXPECT_FALSE(errands.run([] { return 3; }, [](int) { ADD_FAILURE() << "it was refused"; }));
  may_end.set_value();
  EXPECT_EQ(second.get_future().get(), 2);
}

}  // namespace
}  // namespace dunlin::manager
