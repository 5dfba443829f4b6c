// Counting towards a known total on a terminal: one line that is drawn over itself.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace dunlin::cli {

// "  [########................] 42,000 of 100,000 · 12,345/s · about 0:05 left · public.users.token_encrypted"
class CountBar {
 public:
  struct Screen {
    std::function<void(std::string_view)> write;
    std::function<std::size_t()> columns;
  };

  CountBar(Screen screen, const Clock& clock);
  // Takes the line away.
  ~CountBar();
  CountBar(const CountBar&) = delete;
  CountBar& operator=(const CountBar&) = delete;

  // Draws at most every 80 ms. A `done` that falls begins anew, for the rate and the time left.
  void show(std::size_t done, std::size_t of, std::string_view what);

 private:
  Screen screen_;
  const Clock& clock_;
  Clock::Steady began_;
  Clock::Steady drawn_at_{};
  std::size_t last_done_ = 0;
  bool drawn_ = false;
};

// "12,345"
std::string with_commas(std::size_t number);

}  // namespace dunlin::cli
