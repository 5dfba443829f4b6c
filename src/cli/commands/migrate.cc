#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/commands/limits.h"
#include "cli/commands/shown_plan.h"
#include "cli/commands/whole_database.h"
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
    app.add_flag("--create-database", create_database_, "make the database first if there is none");
  }

  int run(Invocation& invocation) override {
    const RunOptions options = limits_.on_top_of(invocation.settings.run_options());
    invocation.summary.dry_run = dry_run_;
    if (create_database_ && dry_run_) return plan_creating(invocation, options);
    const Project project = create_database_ ? open_creating(invocation) : open_project(invocation, DatabaseUse::write);
    if (dry_run_) return show_plan(invocation, project, options, Direction::up);
    const Report report = watched_run(invocation, project, options, run_up);
    show_report(invocation, project, report, Direction::up);
    return exit_code_of(report, invocation.interrupt.signal());
  }

 private:
  // The directory is read first: no database is made for one that cannot be.
  static Project open_creating(const Invocation& invocation) {
    Project project = open_unconnected(invocation, DatabaseUse::write);
    const Database database{project.driver, project.url, project.session};
    if (ensure_database(invocation, database)) {
      const std::string title = database_title(database.driver->describe(database.url));
      invocation.log.write(LogLevel::info, "database_created", fmt::format("{} was created", title));
      invocation.say(fmt::format("{} was created.\n", title));
    }
    return project;
  }

  static int plan_creating(const Invocation& invocation, const RunOptions& options) {
    const Project project = open_unconnected(invocation, DatabaseUse::write);
    const Database database{project.driver, project.url, project.session};
    if (!is_missing(invocation, database)) return show_plan(invocation, project, options, Direction::up);
    const ServerInfo server = database.driver->describe(database.url);
    invocation.say(fmt::format("{} does not exist, and would be created.\n", database_title(server)));
    return show_first_plan(invocation, project, options, server);
  }

  Limits limits_;
  bool dry_run_ = false;
  bool create_database_ = false;
};

}  // namespace

std::unique_ptr<Command> make_migrate() {
  return std::make_unique<Migrate>();
}

}  // namespace dunlin::cli
