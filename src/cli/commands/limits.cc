#include "cli/commands/limits.h"

#include <CLI/CLI.hpp>

#include "dunlin/error.h"

namespace dunlin::cli {

void Limits::define_up(CLI::App& app) {
  app.add_option("--to", to, "stop after this version")->type_name("VERSION");
  app.add_option("--steps", steps, "apply at most this many")->type_name("COUNT");
}

void Limits::define_down(CLI::App& app) {
  app.add_option("--to", to, "undo everything newer than this version, which stays")->type_name("VERSION");
  app.add_option("--steps", steps, "undo this many (1)")->type_name("COUNT");
  app.add_flag("--all", all, "undo everything");
}

RunOptions Limits::on_top_of(RunOptions options) const {
  if (steps < 0) throw Failure(ErrorKind::usage, "--steps: a number of migrations is not negative");
  const int given = (to.empty() ? 0 : 1) + (steps > 0 ? 1 : 0) + (all ? 1 : 0);
  if (given > 1) throw Failure(ErrorKind::usage, "--to, --steps and --all each set the limit; give one of them");
  options.to = to;
  options.steps = static_cast<std::size_t>(steps);
  options.all = all;
  return options;
}

}  // namespace dunlin::cli
