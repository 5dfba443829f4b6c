// Which database a command works on. Several places may name one; this is where their order is written down.
#pragma once

#include <optional>
#include <string>

#include "cli/environment.h"
#include "cli/settings.h"

namespace dunlin::cli {

enum class DatabaseUse {
  read,   // info, validate, plan, wait, ...: DATABASE_URL, APP_DATABASE_URL, MIGRATION_DATABASE_URL
  write,  // what changes the schema or the history: MIGRATION_DATABASE_URL, DATABASE_URL
};

struct DatabaseChoice {
  std::string url;  // holds a secret
  SettingSource source;
  // The variable that the password belongs in; empty: it belongs in the URL.
  std::string password_place{};
};

// --url; then the process environment (DUNLIN_URL, the variables above, DB__*), then the same in .env; then `url` in
// dunlin.toml. A direct URL (past the pooler) beats the plain one of its own place for writing. Empty when nothing
// names a database. Throws Failure (config) for variables that contradict each other or cannot be read.
std::optional<DatabaseChoice> choose_database(const Settings&, const Environment&, DatabaseUse);

// The same, but nothing named is an error (usage) that says how to name one.
DatabaseChoice require_database(const Settings&, const Environment&, DatabaseUse);

// DB__DRIVER, DB__HOST, DB__PORT, DB__NAME, DB__USER, DB__PASSWORD, DB__SSLMODE as one URL, percent-encoded. `where`
// says which place has to name a host, a name or a driver for them to count; each part may come from either place.
// Empty when they do not.
std::optional<DatabaseChoice> compose_database_url(const Environment&, SourceKind where);

}  // namespace dunlin::cli
