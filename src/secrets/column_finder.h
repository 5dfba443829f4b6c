// Which columns of a database hold encrypted values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/driver.h"
#include "secrets/encrypted_column.h"

namespace dunlin::secrets {

// What discovery goes by.
inline constexpr std::string_view kSuffix = "_encrypted";

// A column that is there; `obstacle` says why it cannot be worked on, when it cannot.
struct FoundColumn {
  EncryptedColumn column;
  std::string obstacle;
};

// Those whose name ends in kSuffix, of tables of the user's own, in the order of their names. Reads the catalog only.
std::vector<FoundColumn> find_by_suffix(Session&, Dialect);

// A column named as table.column or schema.table.column, parts quoted or not; without a schema as the session resolves
// the table's name. Throws Failure: config for what is no such name, sql when there is no such column.
FoundColumn find_named(Session&, Dialect, std::string_view name);

}  // namespace dunlin::secrets
