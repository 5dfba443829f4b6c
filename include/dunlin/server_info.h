// Which database a session talks to, for headers and messages.
#pragma once

#include <string>

namespace dunlin {

struct ServerInfo {
  std::string product;   // "PostgreSQL 15.8", "SQLite 3.40.1"
  int version = 0;       // 150008, 3040001
  std::string database;  // the name the server uses; the file name without directory for SQLite
  std::string location;  // "db.internal:5432", "/run/postgresql", "./app.db"; never a secret
  std::string user;
  // Behind a transaction pooler: there is no session, so no session lock and no session settings.
  bool pooled = false;
};

}  // namespace dunlin
