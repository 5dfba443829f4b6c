// Which of the wanted identities are still to be migrated to.
#pragma once

#include <string>
#include <vector>

#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/survey.h"

namespace dunlin::manager {

// The newest first. With rollbackPolicy run, one that has been migrated to can be among them.
std::vector<const Wanted*> pending(const Migrator&, const Survey&, const MigratorStatus&);

// Migrated identities that a workload has gone back to, and whose pods wait all the same: until they have been migrated
// to again (rollbackPolicy run), or for ever (block, and those that a contract command has retired).
std::vector<std::string> blocked(const Migrator&, const Survey&, const MigratorStatus&);

// What the identity's workload has been migrated to since, and no longer wants; empty when `identity` is no rollback.
std::string rolled_back_from(const Survey&, const MigratorStatus&, const std::string& identity);

}  // namespace dunlin::manager
