#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "base/printable.h"
#include "cli/commands/commands.h"
#include "cli/confirmation.h"
#include "cli/opening.h"
#include "cli/presented_run.h"
#include "cli/render/json.h"
#include "core/runner.h"
#include "core/settle.h"

namespace dunlin::cli {
namespace {

class Baseline final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("--version", version_, "the newest version that the schema already has")->type_name("VERSION");
    app.add_flag("--dry-run", dry_run_, "show what would be recorded and change nothing");
  }

  int run(Invocation& invocation) override {
    if (version_.empty()) {
      throw Failure(ErrorKind::usage, "dunlin baseline needs the newest version that the schema already has",
                    "dunlin baseline --version VERSION");
    }
    const Project project = open_project(invocation, DatabaseUse::write);
    std::vector<const Migration*> recorded;
    std::string list;
    {
      const auto session = connect(invocation, project, true);
      const Snapshot snapshot = read_status(project, *session);
      recorded = plan_baseline(project, snapshot.status, version_);
      list = run_title(subject_of(project, session->server())) + "\n\n";
    }
    if (!recorded.empty() && !dry_run_) {
      list += "These will be recorded as applied, and not run:\n";
      for (const Migration* migration : recorded) list += line(*migration);
      confirm(invocation, list, fmt::format("Record {}?", recorded.size() == 1 ? "it" : "them"));
      watched(invocation, project, [&](Observer& observer) {
        recorded = apply_baseline(project, invocation.settings.run_options(), version_, observer);
      });
    }
    show(invocation, recorded);
    return static_cast<int>(ExitCode::done);
  }

 private:
  static std::string line(const Migration& migration) {
    return fmt::format("  {}  {}\n", printable(migration.version.text), printable(migration.name));
  }

  void show(const Invocation& invocation, const std::vector<const Migration*>& recorded) const {
    if (invocation.json()) {
      Json json;
      json["recorded"] = Json::array();
      for (const Migration* migration : recorded) {
        Json one;
        one["version"] = migration->version.text;
        one["name"] = migration->name;
        json["recorded"].push_back(std::move(one));
      }
      json["dry_run"] = dry_run_;
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
      return;
    }
    if (recorded.empty()) {
      invocation.say(fmt::format("Nothing to record: everything up to {} is applied.\n", printable(version_)));
      return;
    }
    std::string text;
    for (const Migration* migration : recorded) text += line(*migration);
    text += dry_run_ ? fmt::format("{} would be recorded as applied. Nothing was changed.\n",
                                   counted(recorded.size(), "migration"))
                     : fmt::format("Recorded {} as applied.\n", counted(recorded.size(), "migration"));
    invocation.say(text);
  }

  std::string version_;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> make_baseline() {
  return std::make_unique<Baseline>();
}

}  // namespace dunlin::cli
