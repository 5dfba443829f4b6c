// What a directory (or an embedded set) of migrations holds, read and checked before any connection is made.
#pragma once

#include <string>
#include <vector>

#include "dunlin/diagnostic.h"
#include "dunlin/migration.h"

namespace dunlin {

struct Catalog {
  // As the user named it: "./migrations".
  std::string location;
  std::string format;
  // In version order. Each migration carries the diagnostics of its own files.
  std::vector<Migration> migrations;
  // Findings about the directory as a whole: near misses, duplicate versions, orphans.
  std::vector<Diagnostic> diagnostics;
  // Whether the format's own tool applies a migration older than the newest applied one.
  bool out_of_order_allowed = true;
  // How a file of this format asks to be run outside a transaction: "-- no-transaction". For hints.
  std::string no_transaction_mark;

  // Null when there is none.
  const Migration* find(const Version&) const;
};

}  // namespace dunlin
