// Whether a user can migrate at all, whatever the migrations are.
#pragma once

#include <optional>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

// One round trip. Empty in every doubtful case: the server has the last word.
std::optional<MissingRights> find_missing_rights(Link&, const TableName& history);

}  // namespace dunlin::postgres
