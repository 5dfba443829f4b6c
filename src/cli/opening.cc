#include "cli/opening.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/database.h"
#include "app/open.h"
#include "app/open_connected.h"
#include "base/duration.h"
#include "cli/grants.h"
#include "cli/render/text_error.h"

namespace dunlin::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{2'000};

DatabaseChoice chosen(const Invocation& invocation, DatabaseUse use) {
  if (invocation.reads_only && use == DatabaseUse::write) {
    throw Failure(ErrorKind::safety, "this changes things, and this console only reads", "dunlin shell --write");
  }
  DatabaseChoice choice = require_database(invocation.settings, invocation.environment, use);
  invocation.console.secrets().add_from_url(choice.url);
  invocation.log.write(LogLevel::debug, "database_chosen",
                       fmt::format("the database is named by {}", to_string(choice.source)));
  return choice;
}

// A URL that no driver takes is named by the place that it comes from. Connects to nothing.
void check_url(const Invocation& invocation, DatabaseUse use) {
  const DatabaseChoice choice = chosen(invocation, use);
  try {
    app::driver_for(choice.url)->describe(choice.url);
  } catch (const Failure& failure) {
    Error error = failure.error();
    error.message = fmt::format("{}: {}", to_string(choice.source), error.message);
    throw Failure(std::move(error));
  }
}

void show_findings(const Invocation& invocation, const Project& project) {
  for (const Diagnostic& finding : project.catalog.diagnostics) invocation.warn(finding);
}

template <typename Open>
auto patiently(const Invocation& invocation, const Open& open) {
  const auto deadline = invocation.clock.now() + invocation.settings.duration("wait");
  auto pause = kFirstPause;
  bool told = false;
  while (true) {
    try {
      return open();
    } catch (const Failure& failure) {
      if (!may_become_reachable(failure.error()) || invocation.clock.now() >= deadline) throw;
      if (!told) {
        invocation.warn({.severity = Severity::note,
                         .code = "waiting",
                         .message = fmt::format("{}; trying again for {}", failure.error().message,
                                                format_duration(invocation.settings.duration("wait")))});
      }
      told = true;
    }
    if (invocation.clock.sleep(pause, &invocation.interrupt)) {
      throw Failure(ErrorKind::interrupted, "interrupted while waiting for the database");
    }
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace

SessionOptions session_options(const Invocation& invocation) {
  SessionOptions options = invocation.settings.session_options();
  options.interrupt = &invocation.interrupt;
  options.on_notice = [&invocation](const ServerNotice& notice) {
    const Severity severity = notice.severity == "WARNING" ? Severity::warning : Severity::note;
    invocation.warn({.severity = severity, .code = "server-notice", .message = notice.message, .hint = notice.hint});
  };
  return options;
}

MigratorOptions project_options(const Invocation& invocation, DatabaseUse use) {
  const Settings& settings = invocation.settings;
  MigratorOptions options;
  options.directory = settings.text("dir");
  options.format = settings.text("format");
  options.history = settings.text("history");
  options.history_table = settings.text("history_table");
  options.grants = read_grants(settings.at("grants"));
  options.session = session_options(invocation);
  DatabaseChoice choice = chosen(invocation, use);
  options.session.password_place = choice.password_place;
  options.url = std::move(choice.url);
  return options;
}

Project open_project(const Invocation& invocation, DatabaseUse use, Findings findings) {
  check_url(invocation, use);
  Project project = app::open_connected(project_options(invocation, use), use == DatabaseUse::read);
  if (findings == Findings::shown) show_findings(invocation, project);
  return project;
}

Project open_unconnected(const Invocation& invocation, DatabaseUse use) {
  check_url(invocation, use);
  Project project = app::open(project_options(invocation, use));
  show_findings(invocation, project);
  return project;
}

Database open_database(const Invocation& invocation, DatabaseUse use) {
  check_url(invocation, use);
  Database database;
  DatabaseChoice choice = chosen(invocation, use);
  database.url = std::move(choice.url);
  database.driver = app::driver_for(database.url);
  database.session = session_options(invocation);
  database.session.password_place = choice.password_place;
  return database;
}

std::unique_ptr<Session> connect(const Invocation& invocation, const Project& project, bool read_only) {
  return patiently(invocation, [&] { return project.connect(read_only); });
}

std::unique_ptr<Session> connect(const Invocation& invocation, const Database& database, bool read_only) {
  SessionOptions options = database.session;
  options.read_only = read_only;
  return patiently(invocation, [&] { return database.driver->open(database.url, options); });
}

std::unique_ptr<Dialogue> open_dialogue(const Invocation& invocation, const Database& database,
                                        const SessionOptions& options) {
  return patiently(invocation, [&] { return database.driver->open_dialogue(database.url, options); });
}

void wait_until_reachable(const Invocation& invocation, const Project& project) {
  if (invocation.settings.duration("wait").count() > 0) connect(invocation, project, true);
}

bool may_become_reachable(const Error& error) {
  if (error.kind != ErrorKind::connect) return false;
  // Class 28: who we are was refused; 3D000: there is no such database.
  return !error.sqlstate.starts_with("28") && error.sqlstate != "3D000";
}

Subject subject_of(const Project& project, const ServerInfo& server) {
  return {.server = server, .directory = project.catalog.location, .format = project.catalog.format};
}

std::string shown_table(const Project& project, const TableName& located) {
  const std::string& name = located.name.empty() ? project.table.name : located.name;
  return project.table.schema.empty() ? name : fmt::format("{}.{}", project.table.schema, name);
}

}  // namespace dunlin::cli
