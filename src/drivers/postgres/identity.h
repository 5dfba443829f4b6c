// Who a server process is, in SQL. A pid alone can be used again by another process, so its start goes with it.
#pragma once

#include <string>

#include "dunlin/driver.h"

namespace dunlin::postgres {

// An expression for BackendId::started over a row of pg_stat_activity called `alias`: always UTC, whatever TimeZone is.
std::string started_expression(const std::string& alias);

// A query that ends the process and yields one row with true; no row when it is gone already.
std::string terminate_sql(const BackendId&);

}  // namespace dunlin::postgres
