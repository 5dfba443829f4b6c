// SQLite, the embedded default.
#pragma once

#include <memory>

#include "dunlin/driver.h"

namespace dunlin::sqlite {

std::unique_ptr<Driver> make_driver();

}  // namespace dunlin::sqlite
