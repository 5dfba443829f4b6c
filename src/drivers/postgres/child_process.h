// A program run without a shell, with an environment of its own making.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dunlin/interrupt.h"

namespace dunlin::postgres {

struct ChildCommand {
  // The first is looked up in PATH.
  std::vector<std::string> arguments;
  // Beside what locates programs, files and libpq's own settings; everything else of our environment stays here.
  std::vector<std::pair<std::string, std::string>> environment;
};

struct ChildResult {
  bool started = false;
  bool interrupted = false;
  int status = -1;  // as of exit(); 128 + the signal that ended it
  std::string output;
  std::string errors;
};

// Waits for its end. An interrupt ends it with SIGTERM. Throws Failure (io) when the system gives no process.
ChildResult run_child(const ChildCommand&, const Interrupt*);

}  // namespace dunlin::postgres
