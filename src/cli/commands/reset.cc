#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/whole_database.h"
#include "cli/presented_run.h"
#include "core/planner.h"
#include "core/runner.h"
#include "core/status.h"

namespace dunlin::cli {
namespace {

class Reset final : public Command {
 public:
  void define(CLI::App& app) override { app.add_flag("--force", force_, "end other sessions of the database first"); }

  int run(Invocation& invocation) override {
    // Before anything is deleted: the directory has to be readable, and everything in it runnable.
    const Project project = open_unconnected(invocation, DatabaseUse::write);
    const RunOptions options = invocation.settings.run_options();
    refuse_unrunnable(project, options);
    const Database database{project.driver, project.url, project.session};
    DatabaseAdmin& admin = admin_of(database);
    admin.require_right_to_create(database.url, database.session);
    confirm_drop(invocation, database);
    if (admin.drop(database.url, database.session, force_)) {
      invocation.say(fmt::format("{} was deleted.\n", database_title(database.driver->describe(database.url))));
    }
    create_database(invocation, database);
    const Report report = watched_run(invocation, project, options, run_up);
    show_report(invocation, project, report, Direction::up);
    return exit_code_of(report, invocation.interrupt.signal());
  }

 private:
  static void refuse_unrunnable(const Project& project, const RunOptions& options) {
    const Status empty = make_status(project.catalog, *project.scheme, {});
    const Plan plan = plan_up(project.catalog, *project.scheme, empty, project.driver->dialect(), options);
    if (plan.refusal) throw Failure(*plan.refusal);
  }

  bool force_ = false;
};

}  // namespace

std::unique_ptr<Command> make_reset() {
  return std::make_unique<Reset>();
}

}  // namespace dunlin::cli
