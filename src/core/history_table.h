// A scheme's table in one database: where it is, what it holds.
#pragma once

#include <optional>
#include <vector>

#include "core/history.h"
#include "dunlin/driver.h"
#include "dunlin/status.h"

namespace dunlin {

class HistoryTable {
 public:
  HistoryTable(const HistoryScheme& scheme, Dialect dialect, TableName configured)
      : scheme_(scheme), dialect_(dialect), configured_(configured), table_(std::move(configured)) {}

  // Finds the table, or the schema it would be made in, and fixes the name, so that a migration that changes
  // search_path changes nothing here. Reads only.
  void locate(Session&);
  bool exists() const noexcept { return exists_; }
  // Schema-qualified after locate() on servers that have schemas.
  const TableName& name() const noexcept { return table_; }

  // In version order; empty when there is no table. Reads only.
  std::vector<AppliedMigration> read(Session&) const;
  // Makes the table when it is absent, and runs `also` in the same transaction. To be called under the run lock; being
  // late (somebody else made it) is no error.
  void create(Session&, const std::vector<std::string>& also, Observer&);

  const HistoryScheme& scheme() const noexcept { return scheme_; }
  Dialect dialect() const noexcept { return dialect_; }

 private:
  // Who may not read the table is told how to come to it.
  Rows select(Session&) const;

  const HistoryScheme& scheme_;
  Dialect dialect_;
  TableName configured_;
  TableName table_;
  bool exists_ = false;
};

// "schema.name" or "name" as the user configured it, quoted parts understood. Throws Failure (config).
TableName parse_table_name(std::string_view text);

}  // namespace dunlin
