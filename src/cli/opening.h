// From settings to the things that a command works on.
#pragma once

#include <memory>
#include <string>

#include "cli/database_choice.h"
#include "cli/invocation.h"
#include "cli/render/subject.h"
#include "core/project.h"
#include "dunlin/driver.h"
#include "dunlin/migrator.h"

namespace dunlin::cli {

SessionOptions session_options(const Invocation&);

// What app::open is given. Throws Failure (usage, config).
MigratorOptions project_options(const Invocation&, DatabaseUse use);

// Whether findings about the directory are shown as warnings, or left to the command.
enum class Findings { shown, kept };

// The migrations, the history scheme and the database, for commands that will connect to it: it may be connected
// already. Throws Failure (usage, config, source).
Project open_project(const Invocation&, DatabaseUse use, Findings findings = Findings::shown);
// The same without connecting, for commands that first do something to the database as a whole, or wait for it.
Project open_unconnected(const Invocation&, DatabaseUse use);

// The database alone, for commands that need no migrations.
struct Database {
  std::shared_ptr<Driver> driver;
  std::string url;  // holds a secret
  SessionOptions session;
};
Database open_database(const Invocation&, DatabaseUse use);

// For `dunlin shell`, as connect() does. Null where the driver has none.
std::unique_ptr<Dialogue> open_dialogue(const Invocation&, const Database&, const SessionOptions&);

// Connects, trying again for as long as --wait says while the database is unreachable. Throws Failure (connect, usage,
// interrupted).
std::unique_ptr<Session> connect(const Invocation&, const Project&, bool read_only);
std::unique_ptr<Session> connect(const Invocation&, const Database&, bool read_only);

// The same wait for a command that then connects by itself. Nothing without --wait.
void wait_until_reachable(const Invocation&, const Project&);

// Whether trying the same connection again may help: the server is not there yet, or not ready. A wrong password or an
// absent database stay as they are.
bool may_become_reachable(const Error&);

Subject subject_of(const Project&, const ServerInfo&);
// The history table as people know it: without the schema unless they named one.
std::string shown_table(const Project&, const TableName& located);

}  // namespace dunlin::cli
