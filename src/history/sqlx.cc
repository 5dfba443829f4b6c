#include "history/sqlx.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "base/wall_time.h"
#include "core/integer_version.h"
#include "dunlin/error.h"
#include "history/crc32.h"
#include "history/digest.h"
#include "history/line_endings.h"
#include "sql/quote.h"

namespace dunlin::history {
namespace {

constexpr std::string_view kTable = "_sqlx_migrations";

// sqlx's own factor; the product stays below 2^62.
constexpr std::int64_t kLockFactor = 0x3d32ad9e;

// SQLite keeps the text of CREATE TABLE: there, and only for the name that sqlx itself uses, quotes would show.
std::string created_as(Dialect dialect, const TableName& table) {
  if (table.name != kTable || dialect != Dialect::sqlite) return sql::quote_name(dialect, table);
  return table.schema.empty() ? std::string(kTable)
                              : sql::quote_name(dialect, table.schema) + "." + std::string(kTable);
}

// A version is written into SQL as a number, so it must be one.
std::int64_t number_of(const Version& version) {
  const auto value = parse_integer(version.text);
  if (!value) {
    throw Failure(ErrorKind::usage,
                  fmt::format("version {} is no 64-bit integer, which is what {} records", version.text, kTable));
  }
  return *value;
}

// search_path may hold operators and functions of a stranger, so everything named is named with its schema.
std::string where_version(Dialect dialect, std::int64_t version) {
  const char* equals = dialect == Dialect::postgres ? "OPERATOR(pg_catalog.=)" : "=";
  return fmt::format("version {} {}", equals, version);
}

std::string elapsed_nanoseconds(Dialect dialect, std::optional<std::chrono::nanoseconds> elapsed) {
  if (elapsed) return std::to_string(elapsed->count());
  switch (dialect) {
    case Dialect::postgres:
      return "(EXTRACT(epoch FROM (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) "
             "pg_catalog.transaction_timestamp())) OPERATOR(pg_catalog.*) 1e9)::pg_catalog.int8";
    case Dialect::sqlite: return "dunlin_elapsed_ns()";
    case Dialect::mysql: break;
  }
  // What sqlx writes first and fills in after the commit.
  return "-1";
}

const std::string& column(const Row& row, std::size_t index) {
  static const std::string kNone;
  return index < row.size() && row[index] ? *row[index] : kNone;
}

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

class Sqlx final : public HistoryScheme {
 public:
  std::string_view name() const override { return "sqlx"; }
  std::string_view default_table() const override { return kTable; }

  std::string checksum(const Script& script) const override {
    Sha384 digest;
    const auto reader = script.open();
    constexpr std::size_t chunk = 64 * 1024;
    const auto buffer = std::make_unique_for_overwrite<char[]>(chunk);  // zeroing it would cost more than a small file
    while (const std::size_t count = reader->read({buffer.get(), chunk})) digest.update({buffer.get(), count});
    return digest.finish();
  }

  ChecksumMatch compare(const Script& script, const std::string& recorded) const override {
    try {
      if (checksum(script) == recorded) return ChecksumMatch::same;
      if (digest_matches_but_for_whitespace(script, recorded)) return ChecksumMatch::whitespace_only;
    } catch (const Failure& failure) {
      // A file that cannot be read has a diagnostic of its own, and must not keep others from being compared.
      if (failure.error().kind != ErrorKind::io) throw;
    }
    return ChecksumMatch::different;
  }

  std::vector<std::string> create_sql(Dialect dialect, const TableName& table) const override {
    const bool postgres = dialect == Dialect::postgres;
    return {
        fmt::format("CREATE TABLE IF NOT EXISTS {} (\n"
                    "    version BIGINT PRIMARY KEY,\n"
                    "    description TEXT NOT NULL,\n"
                    "    installed_on {},\n"
                    "    success BOOLEAN NOT NULL,\n"
                    "    checksum {} NOT NULL,\n"
                    "    execution_time BIGINT NOT NULL\n"
                    ")",
                    created_as(dialect, table),
                    postgres ? "TIMESTAMPTZ NOT NULL DEFAULT now()" : "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP",
                    postgres ? "BYTEA" : "BLOB")};
  }

  std::string select_sql(Dialect dialect, const TableName& table) const override {
    if (dialect == Dialect::postgres) {
      return fmt::format(
          "SELECT version, description, pg_catalog.to_char(pg_catalog.timezone('UTC'::pg_catalog.text, "
          "installed_on::pg_catalog.timestamptz), 'YYYY-MM-DD HH24:MI:SS.US'), success, "
          "pg_catalog.encode(checksum, 'hex'), execution_time FROM {} ORDER BY version",
          sql::quote_name(dialect, table));
    }
    return fmt::format(
        "SELECT version, description, installed_on, success, hex(checksum), execution_time FROM {} ORDER BY version",
        sql::quote_name(dialect, table));
  }

  AppliedMigration row(Dialect, const Row& row) const override {
    AppliedMigration applied;
    const auto version = parse_integer(column(row, 0));
    if (!version) {
      throw Failure(ErrorKind::validation,
                    fmt::format("the history holds a version that is no number: \"{}\"", column(row, 0)),
                    "look at the table with a database shell and remove or correct that row");
    }
    applied.version = make_integer_version(*version);
    applied.description = column(row, 1);
    applied.applied_at = parse_wall_time(column(row, 2));
    const std::string& success = column(row, 3);
    applied.success = success == "t" || success == "true" || success == "1";
    applied.checksum = from_hex(column(row, 4));
    const auto nanoseconds = parse_integer(column(row, 5));
    if (nanoseconds && *nanoseconds >= 0) applied.execution_time = std::chrono::nanoseconds(*nanoseconds);
    return applied;
  }

  std::optional<Version> parse_version(std::string_view text) const override {
    const auto value = parse_integer(text);
    if (!value) return std::nullopt;
    return make_integer_version(*value);
  }

  std::vector<std::string> record_up_sql(Dialect dialect, const TableName& table, const Migration& migration,
                                         std::optional<std::chrono::nanoseconds> elapsed) const override {
    return {fmt::format(
        "INSERT INTO {} (version, description, success, checksum, execution_time) VALUES ({}, {}, TRUE, {}, {})",
        sql::quote_name(dialect, table), number_of(migration.version), sql::quote_text(dialect, migration.description),
        sql::quote_bytes(dialect, migration.checksum), elapsed_nanoseconds(dialect, elapsed))};
  }

  std::vector<std::string> record_down_sql(Dialect dialect, const TableName& table,
                                           const Version& version) const override {
    return {fmt::format("DELETE FROM {} WHERE {}", sql::quote_name(dialect, table),
                        where_version(dialect, number_of(version)))};
  }

  std::vector<std::string> record_checksum_sql(Dialect dialect, const TableName& table,
                                               const Migration& migration) const override {
    return {fmt::format("UPDATE {} SET checksum = {} WHERE {}", sql::quote_name(dialect, table),
                        sql::quote_bytes(dialect, migration.checksum),
                        where_version(dialect, number_of(migration.version)))};
  }

  Fence fence(Dialect dialect, const TableName& table, const Version& version, bool recorded,
              std::size_t rows) const override {
    const std::string this_version = where_version(dialect, number_of(version));
    const std::string counted = fmt::format("count(CASE WHEN {} THEN 1 END)", this_version);
    const std::string from = sql::quote_name(dialect, table);
    Fence fence;
    fence.expected = fmt::format("{} rows, {} of this version", rows, recorded ? 1 : 0);
    switch (dialect) {
      case Dialect::postgres:
        fence.sql = fmt::format(
            "SELECT pg_catalog.concat(pg_catalog.count(*), ' rows, ', pg_catalog.{}, ' of this version') FROM {}",
            counted, from);
        break;
      case Dialect::sqlite:
        // SQLite counts a whole table by its pages, and finds one version by the index.
        fence.sql = fmt::format(
            "SELECT (SELECT count(*) FROM {0}) || ' rows, ' || (SELECT count(*) FROM {0} WHERE {1}) || ' of this "
            "version'",
            from, this_version);
        break;
      case Dialect::mysql:
        fence.sql = fmt::format("SELECT concat(count(*), ' rows, ', {}, ' of this version') FROM {}", counted, from);
        break;
    }
    return fence;
  }

  std::optional<RunLock> run_lock(Dialect dialect, std::string_view database) const override {
    const std::int64_t key = kLockFactor * static_cast<std::int64_t>(crc32(database));
    switch (dialect) {
      case Dialect::postgres: return RunLock{.key = key, .name = {}};
      case Dialect::mysql: return RunLock{.key = 0, .name = fmt::format("{:x}", key)};
      case Dialect::sqlite: break;
    }
    return std::nullopt;
  }
};

}  // namespace

const HistoryScheme& sqlx() {
  static const Sqlx scheme;
  return scheme;
}

}  // namespace dunlin::history
