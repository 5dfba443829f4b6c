#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/limits.h"
#include "cli/commands/shown_plan.h"
#include "cli/confirmation.h"
#include "cli/opening.h"
#include "cli/presented_run.h"
#include "core/planner.h"
#include "core/runner.h"

namespace dunlin::cli {
namespace {

class Down final : public Command {
 public:
  void define(CLI::App& app) override {
    limits_.define_down(app);
    app.add_flag("--dry-run", dry_run_, "show the plan and change nothing");
  }

  int run(Invocation& invocation) override {
    const RunOptions options = limits_.on_top_of(invocation.settings.run_options());
    invocation.summary.dry_run = dry_run_;
    const Project project = open_project(invocation, DatabaseUse::write);
    if (dry_run_) return show_plan(invocation, project, options, Direction::down);
    confirm_revert(invocation, project, options);
    const Report report = watched_run(invocation, project, options, run_down);
    show_report(invocation, project, report, Direction::down);
    return exit_code_of(report, invocation.interrupt.signal());
  }

 private:
  Limits limits_;
  bool dry_run_ = false;
};

}  // namespace

void confirm_revert(const Invocation& invocation, const Project& project, const RunOptions& options) {
  if (invocation.settings.on("yes")) return;
  const auto session = connect(invocation, project, true);
  const Snapshot snapshot = read_status(project, *session);
  const Plan plan = plan_down(project.catalog, *project.scheme, snapshot.status, project.driver->dialect(), options);
  if (plan.refusal || plan.steps.empty()) return;
  std::string list = fmt::format("{}\n\nThese down files will run, and what they drop is gone:\n",
                                 run_title(subject_of(project, session->server())));
  for (const Step& step : plan.steps) {
    list += fmt::format("  {}  {}\n", step.migration.version.text, step.migration.name);
  }
  confirm(invocation, list, fmt::format("Undo {}?", plan.steps.size() == 1 ? "it" : "them"));
}

std::unique_ptr<Command> make_down() {
  return std::make_unique<Down>();
}

}  // namespace dunlin::cli
