// Everything a command works on, put together by app::open: the migrations, the history scheme and the database.
// Nothing is connected yet.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/catalog.h"
#include "core/history.h"
#include "dunlin/driver.h"

namespace dunlin {

struct Project {
  Catalog catalog;
  const HistoryScheme* scheme = nullptr;  // never null once opened
  // As configured; the schema is resolved against the server by HistoryTable.
  TableName table;
  std::shared_ptr<Driver> driver;  // null for commands that need no database
  std::string url;                 // holds a secret: never printed
  SessionOptions session;
  std::vector<RoleGrant> grants;
  Clock* clock = &Clock::real();

  // With the project's session options; `read_only` for commands that never write. Throws Failure (connect, usage).
  std::unique_ptr<Session> connect(bool read_only) const;

  // How the roles in `grants` are told, in a database whose history is in this table. Throws Failure (config, sql).
  GrantScript grant_script(Session&, const TableName& history) const;
};

}  // namespace dunlin
