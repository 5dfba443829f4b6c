// The history port: how one tool's history table is made, read and written, in SQL text. Pure: nothing here connects.
//
// A scheme never guesses: where its own tool would write something else on a dialect, so does the scheme.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/driver.h"
#include "dunlin/migration.h"
#include "dunlin/status.h"

namespace dunlin {

// How a recorded checksum relates to a file.
enum class ChecksumMatch { same, whitespace_only, different };

class HistoryScheme {
 public:
  virtual ~HistoryScheme() = default;

  virtual std::string_view name() const = 0;           // "sqlx"
  virtual std::string_view default_table() const = 0;  // "_sqlx_migrations"

  // The digest this scheme stores for an up script, raw. Streams; throws Failure (io).
  virtual std::string checksum(const Script&) const = 0;
  // Whether `recorded` is the file's digest, or would be with other line endings, byte order mark or final newline.
  virtual ChecksumMatch compare(const Script&, const std::string& recorded) const = 0;

  virtual std::vector<std::string> create_sql(Dialect, const TableName&) const = 0;
  // Yields the columns `row` understands, in version order.
  virtual std::string select_sql(Dialect, const TableName&) const = 0;
  virtual AppliedMigration row(Dialect, const Row&) const = 0;
  // The version as this scheme orders it. Empty when `text` is no version: the caller makes the error.
  virtual std::optional<Version> parse_version(std::string_view text) const = 0;

  // `elapsed` empty: the time since the transaction began, by the server's clock.
  virtual std::vector<std::string> record_up_sql(Dialect, const TableName&, const Migration&,
                                                 std::optional<std::chrono::nanoseconds> elapsed) const = 0;
  virtual std::vector<std::string> record_down_sql(Dialect, const TableName&, const Version&) const = 0;
  // Overwrites the recorded checksum after `validate --fix-checksums`.
  virtual std::vector<std::string> record_checksum_sql(Dialect, const TableName&, const Migration&) const = 0;

  // Holds while `version` is recorded (or not) as `recorded` says, and the table has `rows` rows.
  virtual Fence fence(Dialect, const TableName&, const Version&, bool recorded, std::size_t rows) const = 0;

  // The lock the scheme's own tool takes; empty where it takes none on this dialect.
  virtual std::optional<RunLock> run_lock(Dialect, std::string_view database) const = 0;
};

}  // namespace dunlin
