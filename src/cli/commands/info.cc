#include <CLI/CLI.hpp>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/info_document.h"
#include "cli/opening.h"
#include "cli/render/text_info.h"
#include "core/runner.h"

namespace dunlin::cli {
namespace {

enum class Form { table, lines };

int code_of(const Status& status) {
  if (status.count(MigrationState::failed) > 0 || status.to_settle() > 0) {
    return static_cast<int>(ExitCode::remains);
  }
  if (status.changed() > 0 || status.count(MigrationState::missing) > 0) return static_cast<int>(ExitCode::validation);
  if (status.count(MigrationState::pending) > 0) return static_cast<int>(ExitCode::pending);
  return static_cast<int>(ExitCode::done);
}

class Info final : public Command {
 public:
  explicit Info(Form form) : form_(form) {}

  void define(CLI::App& app) override {
    app.add_flag("--exit-code", exit_code_,
                 "exit with 3 when something is pending, 5 when something changed or is "
                 "missing, 7 when something failed or has to be settled");
  }

  int run(Invocation& invocation) override {
    const Project project = open_project(invocation, DatabaseUse::read);
    const auto session = connect(invocation, project, true);
    const Snapshot snapshot = read_status(project, *session);
    const Subject subject = subject_of(project, session->server());
    Console& console = invocation.console;
    if (invocation.json()) {
      console.out(info_document(invocation, project, snapshot));
    } else if (form_ == Form::lines) {
      console.out(render_migrate_info(project.catalog, snapshot.status));
    } else {
      console.out(render_info(subject, shown_table(project, snapshot.table), project.catalog, snapshot.status,
                              console.output_paint()));
    }
    return exit_code_ ? code_of(snapshot.status) : static_cast<int>(ExitCode::done);
  }

 private:
  Form form_;
  bool exit_code_ = false;
};

}  // namespace

std::unique_ptr<Command> make_info() {
  return std::make_unique<Info>(Form::table);
}
std::unique_ptr<Command> make_migrate_info() {
  return std::make_unique<Info>(Form::lines);
}

}  // namespace dunlin::cli
