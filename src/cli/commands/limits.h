// --to, --steps and --all, as migrate, plan and down take them.
#pragma once

#include <string>

#include "dunlin/run_options.h"

namespace CLI {
class App;
}

namespace dunlin::cli {

struct Limits {
  std::string to;
  int steps = 0;
  bool all = false;

  void define_up(CLI::App&);
  void define_down(CLI::App&);
  // Throws Failure (usage) for limits that contradict each other.
  RunOptions on_top_of(RunOptions) const;
};

}  // namespace dunlin::cli
