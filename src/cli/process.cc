#include "cli/process.h"

#include <array>
#include <csignal>
#include <cstring>
#include <string_view>

#include <sys/resource.h>
#include <unistd.h>

#include "base/redact.h"

namespace dunlin::cli {
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

bool hide_passwords_in_arguments(int argc, char** argv) noexcept {
  bool found = false;
  for (int i = 1; i < argc; ++i) {
    for (const std::string_view flag : {"--url", "--direct-url"}) {
      char* value = nullptr;
      const std::string_view word(argv[i]);
      if (word == flag && i + 1 < argc) value = argv[i + 1];
      if (word.starts_with(flag) && word.size() > flag.size() && word[flag.size()] == '=')
        value = argv[i] + flag.size() + 1;
      if (value == nullptr || redact(value) == value) continue;
      found = true;
      std::memset(value, '*', std::strlen(value));
    }
  }
  return found;
}

}  // namespace dunlin::cli
