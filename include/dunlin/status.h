// What is known of each migration when the files and the history are laid side by side.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/migration.h"

namespace dunlin {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// A row of the history table, whatever its scheme.
struct AppliedMigration {
  Version version;
  MigrationKind kind = MigrationKind::versioned;
  std::string description;
  std::optional<WallTime> applied_at;
  // Empty where the scheme keeps none, or where the tool that wrote the row never came to fill it in (sqlx's -1).
  std::optional<std::chrono::nanoseconds> execution_time;
  // Raw digest as stored; empty where the scheme keeps none.
  std::string checksum;
  // False for a row that its tool left behind dirty.
  bool success = true;
};

enum class MigrationState {
  applied,
  pending,
  missing,  // in the history, below the newest file, and no file
  ahead,    // in the history above the newest file: a newer version of the application was here; never an error
  failed,   // dirty, or in doubt
  held,     // belongs to a later phase
};

// What dunlin_journal knows of a migration that runs statement by statement and has not come to its end: a run is at
// work, or was cut off.
struct HalfDone {
  Direction direction = Direction::up;
  // That took effect, as far as they are recorded one by one.
  std::size_t statements = 0;
  // Begun, and its end was not recorded; from 1.
  std::optional<std::size_t> in_doubt;
  // The next run goes on with it, or one is at work. Otherwise the next run would refuse, as it cannot tell what took
  // effect.
  bool goes_on = true;
};

struct StatusRow {
  Version version;
  MigrationKind kind = MigrationKind::versioned;
  MigrationState state = MigrationState::pending;
  // Applied, and the file is no longer what was applied.
  bool changed = false;
  // Changed only by line endings, a byte order mark or the final newline. Implies `changed`.
  bool changed_only_in_whitespace = false;
  // Pending, and older than the newest applied one.
  bool out_of_order = false;
  // Index into the catalog's migrations; empty for `missing` and `ahead`.
  std::optional<std::size_t> migration;
  std::optional<AppliedMigration> applied;
  // Filled by those who ask the database for it, as Migrator::status() does.
  std::optional<HalfDone> half_done;

  // Half done, and the history says otherwise, because a person or another tool has written it: no run goes on from
  // there, it has to be settled.
  bool contradicts() const noexcept;
  // Half done, and only a person can say how it goes on.
  bool needs_settling() const noexcept { return contradicts() || (half_done && !half_done->goes_on); }
};

struct Status {
  std::vector<StatusRow> rows;  // in version order

  std::size_t count(MigrationState state) const noexcept;
  std::size_t changed() const noexcept;
  std::size_t out_of_order() const noexcept;
  std::size_t contradictions() const noexcept;
  // Rows that a person has to settle, failed ones apart.
  std::size_t to_settle() const noexcept;
  // The newest version in the history; empty when nothing is applied.
  Version at_version() const;
};

const char* to_string(MigrationState state) noexcept;

}  // namespace dunlin
