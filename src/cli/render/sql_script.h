// A plan as a script for psql or the sqlite3 shell, which leaves the same schema and the same history as dunlin would.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/history.h"
#include "dunlin/plan.h"

namespace dunlin::cli {

struct SqlScript {
  Dialect dialect = Dialect::postgres;
  const HistoryScheme& scheme;
  TableName table;  // located
  bool table_exists = false;
  GrantScript grants{};
  std::string database;  // its own name, which the lock is made of
  std::string title;     // for the comment at its head
};

// Streams: a plan may hold scripts of any size. Throws Failure (io).
void write_sql_script(const Plan&, const SqlScript&, const std::function<void(std::string_view)>& write);

}  // namespace dunlin::cli
