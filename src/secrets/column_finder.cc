#include "secrets/column_finder.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "sql/quote.h"

namespace dunlin::secrets {
namespace {

// Schema, table, column, its type, that type's own name below any domain, whether it is generated, and the columns of
// the best key with their types, each with a unit separator behind it; "t.oid" is the table. Partitions are reached
// through the table they are of.
constexpr std::string_view kPostgresColumns = R"(
SELECT n.nspname, t.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
  (WITH RECURSIVE below AS (
     SELECT y.oid, y.typbasetype, y.typname FROM pg_catalog.pg_type y WHERE y.oid = a.atttypid
     UNION ALL SELECT y.oid, y.typbasetype, y.typname FROM pg_catalog.pg_type y JOIN below b ON y.oid = b.typbasetype)
   SELECT typname FROM below WHERE typbasetype = 0), a.attgenerated <> '',
  (SELECT pg_catalog.string_agg(k.attname || U&'\001F' || pg_catalog.format_type(k.atttypid, k.atttypmod) || U&'\001F', ''
            ORDER BY p.place)
   FROM (SELECT i.indkey, i.indnkeyatts FROM pg_catalog.pg_index i
         WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
           AND (i.indisprimary OR NOT EXISTS (
             SELECT 1 FROM pg_catalog.pg_attribute o WHERE o.attrelid = t.oid AND o.attnum = ANY (i.indkey)
               AND NOT o.attnotnull))
         ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) best
   CROSS JOIN LATERAL pg_catalog.unnest(best.indkey) WITH ORDINALITY AS p(attnum, place)
   JOIN pg_catalog.pg_attribute k ON k.attrelid = t.oid AND k.attnum = p.attnum
   WHERE p.place <= best.indnkeyatts)
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND {}
ORDER BY n.nspname, t.relname, a.attnum)";

std::vector<KeyColumn> split_key(std::string_view text) {
  const auto take = [&text] {
    const auto end = text.find('\x1f');
    std::string part(text.substr(0, end));
    text.remove_prefix(end + 1);
    return part;
  };
  std::vector<KeyColumn> key;
  while (!text.empty()) {
    KeyColumn& column = key.emplace_back();
    column.name = take();
    column.type = take();
  }
  return key;
}

std::optional<Storage> storage_of(std::string_view type) {
  if (type == "bytea") return Storage::bytes;
  if (type == "json") return Storage::json;
  if (type == "jsonb") return Storage::jsonb;
  constexpr std::array<std::string_view, 4> kTexts{"text", "varchar", "bpchar", "citext"};
  if (std::ranges::find(kTexts, type) != kTexts.end()) return Storage::text;
  return std::nullopt;
}

FoundColumn postgres_column(const Row& row) {
  FoundColumn found;
  EncryptedColumn& column = found.column;
  column.table = {*row[0], *row[1]};
  column.name = *row[2];
  column.type = *row[3];
  const std::optional<Storage> storage = storage_of(row[4].value_or(""));
  column.storage = storage.value_or(Storage::text);
  if (row[6]) column.key = split_key(*row[6]);
  if (!storage) {
    found.obstacle = fmt::format("its type is {}, and encrypted values are text, json, jsonb or bytea", column.type);
  } else if (row[5] == "t") {
    found.obstacle = "it is generated from other columns";
  } else if (column.key.empty()) {
    found.obstacle = "its table has no primary key to find rows by";
  }
  return found;
}

std::vector<FoundColumn> postgres_columns(Session& session, std::string_view condition) {
  std::vector<FoundColumn> found;
  for (const Row& row : session.query(fmt::format(fmt::runtime(kPostgresColumns), condition))) {
    found.push_back(postgres_column(row));
  }
  return found;
}

// Rows of an SQLite table are found by their rowid, which is never NULL, or by the primary key of a table without one.
FoundColumn sqlite_column(Session& session, const std::string& table, const std::string& name,
                          const std::string& type) {
  constexpr Dialect dialect = Dialect::sqlite;
  FoundColumn found;
  EncryptedColumn& column = found.column;
  column.table = {{}, table};
  column.name = name;
  column.type = type;
  column.storage = Storage::by_value;
  const std::string quoted = sql::quote_text(dialect, table);
  const Rows columns = session.query(
      fmt::format("SELECT name, pk, upper(type) = 'INTEGER', hidden FROM pragma_table_xinfo({}) ORDER BY pk", quoted));
  const Rows without = session.query(fmt::format("SELECT wr FROM pragma_table_list({}) WHERE schema = 'main'", quoted));
  std::vector<KeyColumn> primary;
  bool integer = false;
  for (const Row& row : columns) {
    if (row[0] == name && row[3] != "0") found.obstacle = "it is generated from other columns";
    if (row[1] == "0") continue;
    primary.push_back({*row[0], {}});
    integer = row[2] == "1";
  }
  if (!without.empty() && without[0][0] == "1") {
    column.key = std::move(primary);
  } else if (primary.size() == 1 && integer) {
    column.key = std::move(primary);
  } else {
    constexpr std::array<const char*, 3> kRowids{"rowid", "_rowid_", "oid"};
    for (const char* rowid : kRowids) {
      const bool taken = std::ranges::any_of(columns, [&](const Row& row) { return row[0] == rowid; });
      if (!taken && column.key.empty()) column.key = {{rowid, {}}};
    }
    if (column.key.empty()) found.obstacle = "columns of its own hide the table's rowid";
  }
  return found;
}

std::vector<FoundColumn> sqlite_columns(Session& session, std::string_view condition) {
  std::vector<FoundColumn> found;
  const Rows rows = session.query(
      fmt::format("SELECT t.name, c.name, c.type FROM sqlite_master AS t, pragma_table_xinfo(t.name) AS c "
                  "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND {} ORDER BY t.name, c.cid",
                  condition));
  for (const Row& row : rows) found.push_back(sqlite_column(session, *row[0], *row[1], row[2].value_or("")));
  return found;
}

}  // namespace

std::vector<FoundColumn> find_by_suffix(Session& session, Dialect dialect) {
  if (dialect == Dialect::sqlite) return sqlite_columns(session, "c.name LIKE '%\\_encrypted' ESCAPE '\\'");
  return postgres_columns(session, R"(a.attname LIKE '%\_encrypted')");
}

FoundColumn find_named(Session& session, Dialect dialect, std::string_view name) {
  const std::vector<std::string> parts = sql::split_name(name);
  if (parts.size() != 2 && parts.size() != 3) {
    throw Failure(ErrorKind::config, fmt::format("\"{}\" is no column's name", name),
                  "write it as table.column or schema.table.column");
  }
  const std::string column = sql::quote_text(dialect, parts.back());
  std::string table = sql::quote_name(dialect, parts[parts.size() - 2]);
  if (parts.size() == 3) table = sql::quote_name(dialect, parts.front()) + "." + table;
  std::vector<FoundColumn> found =
      dialect == Dialect::sqlite
          ? sqlite_columns(session, fmt::format("t.name = {} COLLATE NOCASE AND c.name = {} COLLATE NOCASE",
                                                sql::quote_text(dialect, parts[parts.size() - 2]), column))
          : postgres_columns(session, fmt::format("t.oid = pg_catalog.to_regclass({}) AND a.attname = {}",
                                                  sql::quote_text(dialect, table), column));
  if (found.empty()) {
    throw Failure(ErrorKind::config, fmt::format("there is no column {} in this database", name),
                  "correct the name in encrypted_columns of dunlin.toml, or in DUNLIN_ENCRYPTED_COLUMNS");
  }
  return std::move(found.front());
}

}  // namespace dunlin::secrets
