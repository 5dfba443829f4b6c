// File names of the sqlx layout: <version>_<description>.sql, .up.sql and .down.sql.
//
// The rule is that of sqlx-core/src/migrate/source.rs: the name is split at its first '_'; what is before it has to be
// an i64 as Rust parses it, what is after it has to end in ".sql".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dunlin::formats {

struct SqlxName {
  enum class Part { simple, up, down };

  std::int64_t version = 0;
  std::string_view digits;  // the version as it is spelled, with its leading zeros
  Part part = Part::simple;
  // Without version and suffix; a suffix that is there twice is trimmed twice. May be empty.
  std::string name;
  // As recorded: '_' made a space.
  std::string description;
};

// The views point into `file_name`.
std::optional<SqlxName> parse_sqlx_name(std::string_view file_name);

// Why a name that is no migration looks as if it was meant to be one, and what to call it instead.
struct NearMiss {
  std::string why;
  std::string hint;
};

// Empty for names that are none of sqlx's business: README.md, .gitkeep, schema.sql, 1_x.sql.bak.
std::optional<NearMiss> near_miss_of_sqlx(std::string_view file_name);

// For a name that is a migration, but hardly the one that was meant: 1_x.Down.sql is a migration up of its own.
std::optional<NearMiss> misleading_sqlx_name(const SqlxName& name, std::string_view file_name);

}  // namespace dunlin::formats
