// PostgreSQL over libpq, pipelined.
#pragma once

#include <memory>

#include "dunlin/driver.h"

namespace dunlin::postgres {

std::unique_ptr<Driver> make_driver();

}  // namespace dunlin::postgres
