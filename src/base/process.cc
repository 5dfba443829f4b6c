#include "base/process.h"

#include <csignal>

#include <sys/resource.h>
#include <unistd.h>

namespace dunlin {
namespace {

Interrupt* the_interrupt = nullptr;

extern "C" void on_signal(int signal) {
  if (the_interrupt->requested()) ::_exit(128 + signal);
  the_interrupt->request(signal);
}

}  // namespace

void handle_signals(Interrupt& interrupt) {
  the_interrupt = &interrupt;
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void forbid_core_files() noexcept {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace dunlin
