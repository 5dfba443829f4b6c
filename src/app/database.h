// The database alone, for commands that need no migrations: create, drop, dump, waiting until it is reachable.
#pragma once

#include <memory>
#include <string>

#include "dunlin/driver.h"

namespace dunlin::app {

// The built-in driver for this URL. Throws Failure (usage) when there is none.
std::shared_ptr<Driver> driver_for(const std::string& url);

}  // namespace dunlin::app
