#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "base/printable.h"
#include "cli/commands/commands.h"
#include "cli/confirmation.h"
#include "cli/opening.h"
#include "cli/presented_run.h"
#include "cli/render/json.h"
#include "cli/render/text_error.h"
#include "core/runner.h"
#include "core/settle.h"
#include "core/status.h"

namespace dunlin::cli {
namespace {

class Validate final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_flag("--fix-checksums", fix_, "record the files' checksums in the place of those that differ");
  }

  int run(Invocation& invocation) override {
    // The findings are this command's result, so they are not shown as warnings as well.
    const Project project = app_project(invocation);
    auto session = connect(invocation, project, true);
    Snapshot snapshot = read_status(project, *session);
    std::vector<Version> fixed;
    if (fix_ && snapshot.status.changed() > 0) {
      fixed = fix(invocation, project, snapshot.status);
      snapshot = read_status(project, *session);
    }
    const std::vector<Diagnostic> findings = validate(project.catalog, snapshot.status);
    const bool valid = std::ranges::none_of(findings, [](const auto& f) { return f.severity == Severity::error; });
    if (invocation.json()) {
      show_json(invocation, valid, findings, fixed);
    } else {
      show_text(invocation, snapshot.status, valid, findings);
    }
    if (snapshot.status.count(MigrationState::failed) > 0) return static_cast<int>(ExitCode::remains);
    return static_cast<int>(valid ? ExitCode::done : ExitCode::validation);
  }

 private:
  Project app_project(const Invocation& invocation) const {
    return open_project(invocation, fix_ ? DatabaseUse::write : DatabaseUse::read, Findings::kept);
  }

  // Differences in white space mean the same SQL; others are accepted only by somebody who says so.
  static std::vector<Version> fix(const Invocation& invocation, const Project& project, const Status& status) {
    std::string list;
    for (const StatusRow& row : status.rows) {
      if (!row.changed || row.changed_only_in_whitespace || !row.migration) continue;
      const Migration& migration = project.catalog.migrations.at(*row.migration);
      list += fmt::format("  {}  {}\n", printable(migration.version.text), printable(migration.name));
    }
    bool only_whitespace = true;
    if (!list.empty()) {
      const bool can_ask = invocation.console.terminals().input;
      if (invocation.settings.on("yes") || can_ask) {
        confirm(invocation, "The contents of these files are not what was applied:\n" + list,
                "Record them as they are now?");
        only_whitespace = false;
      }
    }
    std::vector<Version> fixed;
    watched(invocation, project, [&](Observer& observer) {
      fixed = fix_checksums(project, invocation.settings.run_options(), only_whitespace, observer);
    });
    for (const Version& version : fixed) {
      invocation.warn({.severity = Severity::warning,
                       .code = "checksum-replaced",
                       .message = fmt::format("the recorded checksum of {} was replaced by its file's", version.text)});
    }
    return fixed;
  }

  static void show_json(const Invocation& invocation, bool valid, const std::vector<Diagnostic>& findings,
                        const std::vector<Version>& fixed) {
    Json json;
    json["valid"] = valid;
    json["findings"] = Json::array();
    for (const Diagnostic& finding : findings) json["findings"].push_back(diagnostic_json(finding));
    json["fixed"] = Json::array();
    for (const Version& version : fixed) json["fixed"].push_back(version.text);
    invocation.console.out(document(std::move(json), invocation.console.secrets()));
  }

  void show_text(const Invocation& invocation, const Status& status, bool valid,
                 const std::vector<Diagnostic>& findings) const {
    const Paint& paint = invocation.console.output_paint();
    for (const Diagnostic& finding : findings) {
      if (finding.severity == Severity::note && !invocation.settings.on("verbose")) continue;
      invocation.console.out(render_diagnostic(finding, paint));
    }
    if (valid) {
      const std::size_t applied = status.count(MigrationState::applied);
      invocation.say(fmt::format("Valid: {} applied, {}.\n", counted(applied, "migration"),
                                 status.changed() == 0
                                     ? std::string("no file has changed")
                                     : fmt::format("{} of them changed in white space only", status.changed())));
      if (status.changed() > 0) invocation.say(render_next("dunlin validate --fix-checksums", paint));
    } else if (status.count(MigrationState::failed) > 0) {
      invocation.say(render_next("dunlin resolve", paint));
    } else if (status.changed() > 0 && !fix_) {
      invocation.say(render_next("put the files back as they were, or  dunlin validate --fix-checksums", paint));
    } else if (status.changed() > 0) {
      invocation.say(render_next("to accept changed contents:  dunlin validate --fix-checksums --yes", paint));
    }
  }

  bool fix_ = false;
};

}  // namespace

std::unique_ptr<Command> make_validate() {
  return std::make_unique<Validate>();
}

}  // namespace dunlin::cli
