#include <algorithm>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/duration.h"
#include "base/exit_code.h"
#include "base/printable.h"
#include "base/suggest.h"
#include "cli/commands/commands.h"
#include "cli/opening.h"
#include "cli/render/json.h"
#include "core/runner.h"

namespace dunlin::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestPause{2'000};

// What one look at the database showed.
struct Look {
  bool reached = false;
  bool fulfilled = false;
  std::string at_version;
  std::size_t pending = 0;
  // Why waiting cannot help.
  std::optional<Error> hopeless;
  // Why it is not fulfilled yet, in words.
  std::string why;
  // What there is to do about it, where it is not a server's coming up that is waited for.
  std::string hint;
};

class Wait final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("--for", goal_, "what to wait for: reachable, migrated, or version=VERSION")
        ->type_name("reachable|migrated|version=VERSION")
        ->default_str("migrated");
    app.add_option("--timeout", timeout_, "give up after this long")->type_name("DURATION")->default_str("5min");
  }

  int run(Invocation& invocation) override {
    check_goal();
    const auto timeout = parse_duration(timeout_);
    const bool files = goal_ != "reachable";
    std::optional<Project> project;
    if (files) project = open_unconnected(invocation, DatabaseUse::read);
    if (files && !version_.empty() && !project->scheme->parse_version(version_)) {
      throw Failure(ErrorKind::usage, fmt::format("--for: \"{}\" is not a version of this history", version_));
    }
    const Database database = files ? Database{project->driver, project->url, project->session}
                                    : open_database(invocation, DatabaseUse::read);

    const auto began = invocation.clock.now();
    auto pause = kFirstPause;
    Look look;
    bool reached = false;
    std::string said;
    while (true) {
      look = look_once(database, project);
      reached = reached || look.reached;
      if (look.fulfilled || look.hopeless || invocation.clock.now() - began >= timeout) break;
      if (look.why != said) {
        invocation.warn({.severity = Severity::note, .code = "waiting", .message = look.why});
        said = look.why;
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(timeout - (invocation.clock.now() - began));
      if (invocation.clock.sleep(std::min({pause, kLongestPause, left}), &invocation.interrupt)) {
        throw Failure(ErrorKind::interrupted, "interrupted while waiting");
      }
      pause = std::min(pause * 2, kLongestPause);
    }
    return show(invocation, look, reached,
                std::chrono::round<std::chrono::milliseconds>(invocation.clock.now() - began));
  }

 private:
  void check_goal() {
    if (goal_.starts_with("version=")) {
      version_ = goal_.substr(8);
      if (version_.empty()) throw Failure(ErrorKind::usage, "--for version= needs a version behind it");
      return;
    }
    if (goal_ == "reachable" || goal_ == "migrated") return;
    std::string hint = did_you_mean(goal_, {"reachable", "migrated", "version="});
    throw Failure(ErrorKind::usage,
                  fmt::format("--for: \"{}\" is not one of reachable, migrated, version=VERSION", goal_),
                  std::move(hint));
  }

  Look look_once(const Database& database, const std::optional<Project>& project) const {
    Look look;
    try {
      SessionOptions options = database.session;
      options.read_only = true;
      const auto session = database.driver->open(database.url, options);
      look.reached = true;
      if (!project) {
        look.fulfilled = true;
        return look;
      }
      judge(*project, read_status(*project, *session).status, look);
    } catch (const Failure& failure) {
      const ErrorKind kind = failure.error().kind;
      // A server that is only starting, a user or a database that is only being made: all of it may still come.
      if (kind == ErrorKind::connect || kind == ErrorKind::sql) {
        look.why = failure.error().message;
        const bool file = database.driver->dialect() == Dialect::sqlite;
        if (file || !may_become_reachable(failure.error())) look.hint = failure.error().hint;
      } else {
        throw;
      }
    }
    return look;
  }

  void judge(const Project& project, const Status& status, Look& look) const {
    look.at_version = status.at_version().text;
    look.pending = status.count(MigrationState::pending);
    if (version_.empty()) {
      const bool failed = status.count(MigrationState::failed) > 0;
      if (failed || status.contradictions() > 0) {
        look.hopeless = Error{.kind = ErrorKind::remains,
                              .message = failed ? "a migration failed and has to be settled"
                                                : "a migration is half done, the history says otherwise, and it has to "
                                                  "be settled",
                              .hint = "dunlin resolve  lists what has to be settled"};
        return;
      }
      const bool drifted = std::ranges::any_of(status.rows, [](const StatusRow& row) {
        return row.state == MigrationState::missing || (row.changed && !row.changed_only_in_whitespace);
      });
      if (drifted) {
        look.hopeless = Error{.kind = ErrorKind::validation,
                              .message = "files and history do not fit together",
                              .hint = "dunlin validate"};
        return;
      }
      look.fulfilled = look.pending == 0;
      look.why = fmt::format("{} still pending", counted(look.pending, "migration"));
      return;
    }
    const Version wanted = *project.scheme->parse_version(version_);
    const auto row = std::ranges::find(status.rows, wanted, &StatusRow::version);
    look.why = fmt::format("version {} is not applied yet", version_);
    if (row == status.rows.end()) return;
    if (row->state == MigrationState::failed) {
      look.hopeless = Error{.kind = ErrorKind::remains,
                            .message = fmt::format("migration {} failed and has to be settled", version_),
                            .hint = fmt::format("dunlin resolve {}", version_)};
    } else {
      look.fulfilled = row->applied.has_value();
    }
  }

  int show(const Invocation& invocation, const Look& look, bool reached, std::chrono::milliseconds waited) const {
    if (look.fulfilled) {
      if (invocation.json()) show_json(invocation, look, reached, waited, nullptr);
      const std::string what = goal_ == "reachable"  ? "The database is reachable"
                               : goal_ == "migrated" ? "The database is migrated"
                                                     : fmt::format("Version {} is applied", printable(version_));
      invocation.say(fmt::format("{} (after {}).\n", what, format_duration(waited)));
      return static_cast<int>(ExitCode::done);
    }
    Error error = look.hopeless.value_or(
        Error{.kind = reached ? ErrorKind::pending : ErrorKind::connect,
              .message = fmt::format("gave up after {}: {}", format_duration(waited), look.why),
              .hint = reached              ? (look.pending > 0 ? "dunlin migrate" : "dunlin info")
                      : !look.hint.empty() ? look.hint
                                           : "check that the server runs and may be reached from here"});
    // One document only: with --json it is this one, so the error is not thrown to be reported again.
    if (!invocation.json()) throw Failure(std::move(error));
    show_json(invocation, look, reached, waited, &error);
    return exit_code(error.kind);
  }

  void show_json(const Invocation& invocation, const Look& look, bool reached, std::chrono::milliseconds waited,
                 const Error* error) const {
    Json json;
    json["for"] = goal_;
    json["fulfilled"] = look.fulfilled;
    json["reached"] = reached;
    json["at_version"] = look.at_version.empty() ? Json(nullptr) : Json(look.at_version);
    json["pending"] = goal_ == "reachable" || !reached ? Json(nullptr) : Json(look.pending);
    json["waited_ms"] = waited.count();
    if (error != nullptr) json["error"] = error_json(*error);
    invocation.console.out(document(std::move(json), invocation.console.secrets()));
  }

  std::string goal_ = "migrated";
  std::string version_;
  std::string timeout_ = "5min";
};

}  // namespace

std::unique_ptr<Command> make_wait() {
  return std::make_unique<Wait>();
}

}  // namespace dunlin::cli
