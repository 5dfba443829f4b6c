// Migrations compiled into a program. dunlin_embed_migrations(target DIR) generates a translation unit that defines
// `std::vector<dunlin::EmbeddedMigration> dunlin_migrations_<target>()`.
#pragma once

#include <string_view>

namespace dunlin {

// A file of a migrations directory. Both views point at static storage.
struct EmbeddedMigration {
  std::string_view file_name;
  std::string_view content;
};

}  // namespace dunlin
