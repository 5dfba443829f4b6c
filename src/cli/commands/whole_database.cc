#include "cli/commands/whole_database.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "app/open.h"
#include "base/printable.h"
#include "cli/confirmation.h"
#include "core/runner.h"

namespace dunlin::cli {
namespace {

// What the history says is in there, if anything can be read at all: the question has to be asked even if not.
std::string contents(const Invocation& invocation) {
  try {
    const Project project = app::open(project_options(invocation, DatabaseUse::write));
    const auto session = project.connect(true);
    const Snapshot snapshot = read_status(project, *session);
    if (!snapshot.history_exists) return "It has no history of migrations.\n";
    const std::size_t applied = snapshot.status.count(MigrationState::applied) +
                                snapshot.status.count(MigrationState::ahead) +
                                snapshot.status.count(MigrationState::missing);
    if (applied == 0) return "No migration is applied to it.\n";
    return fmt::format("{} are applied to it; it is at {}.\n", counted(applied, "migration"),
                       printable(snapshot.status.at_version().text));
  } catch (const Failure& failure) {
    return fmt::format("What it holds could not be read: {}.\n", printable(failure.error().message));
  }
}

}  // namespace

DatabaseAdmin& admin_of(const Database& database) {
  if (DatabaseAdmin* admin = database.driver->admin()) return *admin;
  throw Failure(ErrorKind::usage,
                fmt::format("dunlin cannot make or delete databases of {}", std::string(database.driver->name())));
}

bool create_database(const Invocation& invocation, const Database& database) {
  SessionOptions session = database.session;
  session.read_only = false;
  // The server may still be starting: the same patience as for a connection.
  const auto deadline = invocation.clock.now() + invocation.settings.duration("wait");
  while (true) {
    try {
      return admin_of(database).create(database.url, session);
    } catch (const Failure& failure) {
      if (!may_become_reachable(failure.error()) || invocation.clock.now() >= deadline) throw;
    }
    if (invocation.clock.sleep(std::chrono::milliseconds{500}, &invocation.interrupt)) {
      throw Failure(ErrorKind::interrupted, "interrupted while waiting for the database");
    }
  }
}

bool is_missing(const Invocation& invocation, const Database& database) {
  if (database.driver->dialect() == Dialect::sqlite) {
    const std::string path = database.driver->describe(database.url).location;
    return !path.empty() && path != ":memory:" && !std::filesystem::exists(path);
  }
  // Whoever may migrate one database need not be let into another, in which this could be looked up.
  try {
    connect(invocation, database, true);
    return false;
  } catch (const Failure& failure) {
    if (failure.error().sqlstate != "3D000") throw;
    return true;
  }
}

bool ensure_database(const Invocation& invocation, const Database& database) {
  const bool file = database.driver->dialect() == Dialect::sqlite;
  return (file || is_missing(invocation, database)) && create_database(invocation, database);
}

void confirm_drop(const Invocation& invocation, const Database& database) {
  if (invocation.settings.on("yes")) return;
  if (!invocation.console.terminals().input) {
    throw Failure(ErrorKind::usage, "deleting a database needs its name typed in, and there is no terminal to ask on",
                  "add --yes");
  }
  const ServerInfo server = database.driver->describe(database.url);
  confirm_by_name(invocation,
                  fmt::format("{} will be deleted with everything in it. {}There is no way back but a backup.\n",
                              database_title(server), contents(invocation)),
                  server.database);
}

}  // namespace dunlin::cli
