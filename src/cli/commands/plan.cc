#include <CLI/CLI.hpp>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/commands/limits.h"
#include "cli/commands/shown_plan.h"
#include "cli/opening.h"
#include "cli/render/json.h"
#include "cli/render/sql_script.h"
#include "cli/render/text_plan.h"
#include "core/planner.h"
#include "core/runner.h"
#include "core/status.h"

namespace dunlin::cli {
namespace {

class ShowPlan final : public Command {
 public:
  void define(CLI::App& app) override {
    limits_.define_up(app);
    app.add_flag("--sql", sql_, "a script that does the same by hand, in psql or sqlite3");
  }

  int run(Invocation& invocation) override {
    const RunOptions options = limits_.on_top_of(invocation.settings.run_options());
    const Project project = open_project(invocation, DatabaseUse::read);
    if (!sql_) return show_plan(invocation, project, options, Direction::up);

    const auto session = connect(invocation, project, true);
    const Snapshot snapshot = read_status(project, *session);
    const Dialect dialect = project.driver->dialect();
    const Plan plan = plan_up(project.catalog, *project.scheme, snapshot.status, dialect, options);
    if (plan.refusal) throw Failure(*plan.refusal);
    const SqlScript script{.dialect = dialect,
                           .scheme = *project.scheme,
                           .table = snapshot.table,
                           .table_exists = snapshot.history_exists,
                           .grants = project.grant_script(*session, snapshot.table),
                           .database = session->server().database,
                           .title = run_title(subject_of(project, session->server()))};
    if (invocation.json()) {
      std::string text;
      write_sql_script(plan, script, [&text](std::string_view piece) { text += piece; });
      Json json;
      json["sql"] = std::move(text);
      invocation.console.out_unmasked(json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
    } else {
      write_sql_script(plan, script, [&](std::string_view piece) { invocation.console.out_unmasked(piece); });
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  Limits limits_;
  bool sql_ = false;
};

}  // namespace

namespace {

int show(const Invocation& invocation, const Project& project, const Snapshot& snapshot, const RunOptions& options,
         Direction direction, const std::string& next = "dunlin migrate") {
  const Dialect dialect = project.driver->dialect();
  const Plan plan = direction == Direction::up
                        ? plan_up(project.catalog, *project.scheme, snapshot.status, dialect, options)
                        : plan_down(project.catalog, *project.scheme, snapshot.status, dialect, options);
  invocation.summary.status = snapshot.status;
  if (plan.refusal) invocation.summary.error = error_paragraph(*plan.refusal);
  const Subject subject = subject_of(project, snapshot.server);
  Console& console = invocation.console;
  if (invocation.json()) {
    console.out(document(plan_json(plan, subject, project.grants, dialect), console.secrets()));
  } else {
    const PlanView view{.subject = subject,
                        .history_table = shown_table(project, snapshot.table),
                        .history_exists = snapshot.history_exists,
                        .dialect = dialect,
                        .grants = project.grants,
                        .next = next};
    console.out(render_plan(plan, view, console.output_paint()));
  }
  return plan.refusal ? exit_code(plan.refusal->kind) : static_cast<int>(ExitCode::done);
}

}  // namespace

int show_plan(const Invocation& invocation, const Project& project, const RunOptions& options, Direction direction) {
  const auto session = connect(invocation, project, true);
  const Snapshot snapshot = read_status(project, *session);
  project.grant_script(*session, snapshot.table);  // says so now if a role does not exist
  return show(invocation, project, snapshot, options, direction);
}

int show_first_plan(const Invocation& invocation, const Project& project, const RunOptions& options,
                    const ServerInfo& server) {
  Snapshot snapshot;
  snapshot.server = server;
  snapshot.table = project.table;
  snapshot.status = make_status(project.catalog, *project.scheme, {});
  return show(invocation, project, snapshot, options, Direction::up, "dunlin upgrade --create-database");
}

std::unique_ptr<Command> make_plan() {
  return std::make_unique<ShowPlan>();
}

}  // namespace dunlin::cli
