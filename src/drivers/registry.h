// The built-in drivers, one row each, chosen by the scheme of a URL.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/driver.h"

namespace dunlin::drivers {

struct DriverRow {
  std::string_view name;                  // "postgres"
  std::vector<std::string_view> schemes;  // every spelling that is understood, without "://": "postgres", "pgx5", ...
  std::unique_ptr<Driver> (*make)();
};

const std::vector<DriverRow>& all();

// Throws Failure (usage) for a URL without a scheme or with one that no driver has; the message never repeats the URL.
std::unique_ptr<Driver> for_url(std::string_view url);

}  // namespace dunlin::drivers
