#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/commands/limits.h"
#include "cli/commands/shown_plan.h"
#include "cli/opening.h"
#include "cli/presented_run.h"
#include "core/runner.h"

namespace dunlin::cli {
namespace {

class Migrate final : public Command {
 public:
  void define(CLI::App& app) override {
    limits_.define_up(app);
    app.add_flag("--dry-run", dry_run_, "show the plan and change nothing");
  }

  int run(Invocation& invocation) override {
    const RunOptions options = limits_.on_top_of(invocation.settings.run_options());
    const Project project = open_project(invocation, DatabaseUse::write);
    if (dry_run_) return show_plan(invocation, project, options, Direction::up);
    const Report report = watched_run(invocation, project, options, run_up);
    show_report(invocation, project, report, Direction::up);
    return exit_code_of(report, invocation.interrupt.signal());
  }

 private:
  Limits limits_;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> make_migrate() {
  return std::make_unique<Migrate>();
}

}  // namespace dunlin::cli
