// While it lives, Ctrl-C ends what runs and not the program.
#pragma once

#include <csignal>
#include <memory>

#include "dunlin/interrupt.h"

namespace dunlin::shell {

class Cancellation {
 public:
  // SIGTERM and SIGHUP request `stop`, which outlives this, besides ending what runs.
  explicit Cancellation(Interrupt& stop);
  ~Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  // What the next thing that runs is to look at.
  Interrupt& fresh();
  // Nothing runs: Ctrl-C is the line editor's.
  void rest() noexcept;

 private:
  struct sigaction before_[3] = {};
  // A handler in another thread may still hold the last one.
  std::unique_ptr<Interrupt> current_;
  std::unique_ptr<Interrupt> previous_;
};

}  // namespace dunlin::shell
