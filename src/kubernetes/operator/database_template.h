// The pod template of a Migrator with spec.database.
#pragma once

#include <string>

#include "kubernetes/client/json.h"
#include "kubernetes/operator/database_order.h"

namespace dunlin::manager {

// What takes a workload's place where it is written down where a migration came from.
inline constexpr const char* kDatabaseWorkload = "Database";

// As a workload's would be: build_job() makes the Job of it. `identity` says what its files have to be.
kubernetes::Json database_template(const Migrator&, const DatabaseImages&, const std::string& identity);

}  // namespace dunlin::manager
