// [grants] of dunlin.toml: who gets what on everything that migrations make.
#pragma once

#include <vector>

#include "cli/settings.h"
#include "dunlin/grants.h"

namespace dunlin::cli {

// "app=readwrite,reporting=read". Throws Failure (config) with the place.
std::vector<RoleGrant> read_grants(const Setting&);

}  // namespace dunlin::cli
