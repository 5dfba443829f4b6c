#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/shown_plan.h"
#include "cli/opening.h"
#include "cli/presented_run.h"
#include "cli/render/text_report.h"
#include "core/runner.h"

namespace dunlin::cli {
namespace {

// Both halves as one: what was applied again, and the time of both.
Report joined(const Report& down, Report up) {
  up.duration += down.duration;
  return up;
}

class Redo final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("--steps", steps_, "undo and apply this many again (1)")->type_name("COUNT");
  }

  int run(Invocation& invocation) override {
    if (steps_ < 1) throw Failure(ErrorKind::usage, "--steps: at least one migration is needed");
    RunOptions options = invocation.settings.run_options();
    options.steps = static_cast<std::size_t>(steps_);
    const Project project = open_project(invocation, DatabaseUse::write);
    refuse_older_pending(invocation, project);
    confirm_revert(invocation, project, options);

    const Report down = watched_run(invocation, project, options, run_down);
    if (down.outcome != Outcome::applied) {
      show_report(invocation, project, down, Direction::down);
      return exit_code_of(down, invocation.interrupt.signal());
    }
    invocation.say(render_summary(down, Direction::down));
    options.steps = 0;
    options.to = std::ranges::max_element(down.applied, {}, &AppliedStep::version)->version.text;
    const Report up = joined(down, watched_run(invocation, project, options, run_up));
    show_report(invocation, project, up, Direction::up);
    return exit_code_of(up, invocation.interrupt.signal());
  }

 private:
  // They would be applied along with what is redone, which nobody asked for.
  static void refuse_older_pending(const Invocation& invocation, const Project& project) {
    const auto session = connect(invocation, project, true);
    const Snapshot snapshot = read_status(project, *session);
    const auto older = std::ranges::find_if(snapshot.status.rows, [](const StatusRow& row) {
      return row.state == MigrationState::pending && row.out_of_order;
    });
    if (older == snapshot.status.rows.end()) return;
    throw Failure(ErrorKind::usage,
                  fmt::format("{} is pending and older than what would be redone", older->version.text),
                  "dunlin migrate first");
  }

  int steps_ = 1;
};

}  // namespace

std::unique_ptr<Command> make_redo() {
  return std::make_unique<Redo>();
}

}  // namespace dunlin::cli
