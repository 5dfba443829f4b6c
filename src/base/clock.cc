#include "base/clock.h"

#include <thread>

namespace dunlin {
namespace {

class RealClock final : public Clock {
 public:
  Steady now() const override { return std::chrono::steady_clock::now(); }
  std::chrono::system_clock::time_point wall_now() const override { return std::chrono::system_clock::now(); }
  bool sleep(std::chrono::milliseconds duration, const Interrupt* interrupt) override {
    if (interrupt != nullptr) return interrupt->wait_for(duration);
    std::this_thread::sleep_for(duration);
    return false;
  }
};

}  // namespace

Clock& Clock::real() {
  static RealClock clock;
  return clock;
}

}  // namespace dunlin
