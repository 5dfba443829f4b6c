// What a run would do. Pure data: it can be printed, compared and thrown away. Making one touches nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/migration.h"

namespace dunlin {

// How a step reaches the database, decided from its mode, its statements and the user's --transaction.
enum class Execution {
  transaction,   // the statements, the history row and nothing else in one transaction
  journalled,    // statement by statement, each with its row in dunlin_journal
  self_managed,  // the file begins and commits for itself
};

struct Step {
  Migration migration;
  Direction direction = Direction::up;
  Execution execution = Execution::transaction;
  // Why it is executed so, in words for `dunlin plan`: "CREATE INDEX CONCURRENTLY cannot run inside a transaction".
  std::string reason;
  // The file's own BEGIN and COMMIT are its first and last statement: they are dropped, and this is the mode the BEGIN
  // named ("ISOLATION LEVEL SERIALIZABLE"), empty for a plain one.
  bool drop_outer_transaction = false;
  std::string transaction_characteristics;
  // SQLite: the step rebuilds a referenced table, so foreign keys are off around it and checked before and after.
  bool foreign_keys_off = false;
  std::size_t statement_count = 0;
  // Pending below the newest applied version.
  bool out_of_order = false;

  const Script& script() const { return direction == Direction::up ? migration.up : migration.down; }
  const MigrationCallback& callback() const {
    return direction == Direction::up ? migration.up_callback : migration.down_callback;
  }
};

// each: a transaction per migration. all: one for everything. none: statement by statement, journalled.
enum class TransactionScope { each, all, none };

struct Plan {
  std::vector<Step> steps;
  TransactionScope scope = TransactionScope::each;
  // Warnings and notes; errors too, when `refusal` is set because of them.
  std::vector<Diagnostic> diagnostics;
  // Why the plan must not be run, if it must not.
  std::optional<Error> refusal;
  // Migrations in the whole catalog, for "3 pending of 214".
  std::size_t catalog_size = 0;
  // Pending migrations that this plan leaves out, because of --to or --steps.
  std::size_t left_pending = 0;
};

const char* to_string(Execution execution) noexcept;
const char* to_string(TransactionScope scope) noexcept;

}  // namespace dunlin
