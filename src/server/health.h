// What a look at the database and at the named checks means: well, worse, or down; and ready or not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/catalog.h"
#include "server/database_look.h"
#include "server/named_check.h"

namespace dunlin::server {

enum class Health { ok, degraded, down };

const char* to_string(Health) noexcept;

Health database_health(const DatabaseLook&);
// Degraded: files are pending, or a migration failed. Down: the history could not be read.
Health schema_health(const DatabaseLook&);
Health replication_health(const Replication&);

// The whole is down when the database is; anything else that is not ok makes it degraded.
Health overall_health(const DatabaseLook&, const std::vector<CheckAnswer>&);

// Everything the files beside this program hold is applied, but what is held for a later phase.
struct Readiness {
  bool ready = false;
  std::string why;  // in words; empty when ready
};

// What other versions of the application have pending, running or failed does not count, unless `strict`.
Readiness readiness(const DatabaseLook&, bool strict);

// Of the files; empty when there are none.
std::string newest_file(const Catalog&);

}  // namespace dunlin::server
