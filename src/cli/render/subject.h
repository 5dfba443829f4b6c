// The first line of most output: which database, which directory.
#pragma once

#include <cstddef>
#include <string>

#include "dunlin/server_info.h"

namespace dunlin::cli {

struct Subject {
  ServerInfo server;
  std::string directory;  // as the user named it
  std::string format;
};

// "app at db.internal:5432"; only the path where the database is a file.
std::string database_title(const ServerInfo&);

// "app at db.internal:5432 · PostgreSQL 15.8 · ./migrations (sqlx)"
std::string run_title(const Subject&);
// "app at db.internal:5432 · ./migrations (sqlx) · _sqlx_migrations"
std::string status_title(const Subject&, const std::string& history_table);

}  // namespace dunlin::cli
