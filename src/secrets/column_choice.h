// Which encrypted columns a rotation covers, and which it leaves alone and why.
#pragma once

#include <string>
#include <vector>

#include "dunlin/driver.h"
#include "dunlin/secrets.h"
#include "secrets/encrypted_column.h"

namespace dunlin::secrets {

struct LeftOut {
  std::string column;
  std::string reason;
  // What there is to do about it; may be empty.
  std::string fix;
  // It holds encrypted values, so a rotation without it is not complete.
  bool matters = false;
};

struct ColumnChoice {
  std::vector<EncryptedColumn> covered;
  std::vector<LeftOut> left_out;
};

// Columns in `named` are covered whatever they hold; "-table.column" leaves one alone. So are columns found by their
// suffix in which every sampled value is an encrypted value under a key of the ring. Of `tables` (as "table" or
// "schema.table"; empty: all) only, as to those left out, too. Throws Failure: config for a name that is wrong or a
// named column that cannot be worked on, usage for a table without encrypted columns, sql.
ColumnChoice choose_columns(Session&, Dialect, const std::vector<std::string>& named,
                            const std::vector<std::string>& tables, const Keyring&);

}  // namespace dunlin::secrets
