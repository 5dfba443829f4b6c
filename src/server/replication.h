// How the copies of a database follow it, as far as its server tells.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "dunlin/dialect.h"
#include "dunlin/driver.h"

namespace dunlin::server {

struct Replication {
  bool standby = false;
  // On a primary: how many follow it.
  std::size_t standbys = 0;
  // Of the standby, or of the primary's slowest. Empty where there is none, or where the role may not see it
  // (pg_monitor).
  std::optional<std::chrono::milliseconds> lag;
};

// Empty for a database that has no replication. Throws Failure (sql, connect).
std::optional<Replication> read_replication(Session&, Dialect);

// A standby that is further behind than this serves readers an old schema.
inline constexpr std::chrono::milliseconds kLongLag{60'000};

}  // namespace dunlin::server
