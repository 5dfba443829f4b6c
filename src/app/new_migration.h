// Making the files of a new migration, numbered and named as its directory does it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::app {

struct NewMigration {
  std::string directory;  // made when it is absent
  std::string format;     // empty: detected, else sqlx
  std::string description;
  bool reversible = false;
  // In the place of the format's own beginning of a file; for the up file only.
  std::optional<std::string> content;
};

// The paths that were made, `directory` first in each. Never overwrites. Throws Failure (usage, source, io).
std::vector<std::string> make_migration(const NewMigration&, std::chrono::system_clock::time_point now);

}  // namespace dunlin::app
