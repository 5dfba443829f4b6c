// Privileges for other users on what migrations make, by default privileges: they are there from an object's first
// moment, so that a REVOKE in the same file has the last word.
#pragma once

#include <span>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"
#include "dunlin/grants.h"

namespace dunlin::postgres {

// One round trip. Throws Failure (config) for a role that does not exist, that owns the history table, or that cannot
// be let into its schema by this user.
GrantScript make_grant_script(Link&, std::span<const RoleGrant>, const TableName& history, const TableName& journal);

}  // namespace dunlin::postgres
