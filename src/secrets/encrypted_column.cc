#include "secrets/encrypted_column.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dunlin/error.h"
#include "sql/quote.h"

namespace dunlin::secrets {
namespace {

// Each key column made into text by `expression`, with commas between.
template <typename Expression>
std::string keys(const EncryptedColumn& column, Expression expression) {
  std::string all;
  for (std::size_t i = 0; i < column.key.size(); ++i) {
    if (i > 0) all += ", ";
    all += expression(column.key[i], i);
  }
  return all;
}

std::string key_text(Dialect dialect, std::string_view qualifier, const KeyColumn& key) {
  const std::string name = fmt::format("{}{}", qualifier, sql::quote_name(dialect, key.name));
  // SQLite's own literal says the type, too, which there is the value's.
  return dialect == Dialect::sqlite ? fmt::format("quote({})", name) : fmt::format("CAST({} AS text)", name);
}

std::string key_literal(Dialect dialect, const KeyColumn& key, const std::string& value) {
  if (dialect == Dialect::sqlite) return value;
  return fmt::format("CAST({} AS {})", sql::quote_text(dialect, value), key.type);
}

std::string payload_literal(Dialect dialect, const EncryptedColumn& column, bool as_bytes, const std::string& payload) {
  if (dialect == Dialect::sqlite) {
    return as_bytes ? sql::quote_bytes(dialect, payload) : sql::quote_text(dialect, payload);
  }
  if (column.storage == Storage::bytes) return fmt::format("CAST({} AS bytea)", sql::quote_bytes(dialect, payload));
  return fmt::format("CAST({} AS text)", sql::quote_text(dialect, payload));
}

// What is read of a value: text, or hexadecimal digits and a mark that they are.
std::string value_text(Dialect dialect, const EncryptedColumn& column) {
  const std::string name = "t." + sql::quote_name(dialect, column.name);
  if (dialect == Dialect::sqlite) {
    return fmt::format("CASE typeof({0}) WHEN 'blob' THEN hex({0}) ELSE {0} END, typeof({0}) = 'blob'", name);
  }
  if (column.storage == Storage::bytes) return fmt::format("pg_catalog.encode({}, 'hex'), 1", name);
  return fmt::format("CAST({} AS text), 0", name);
}

std::string unhex(std::string_view digits) {
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw Failure(ErrorKind::sql, "the server did not give bytes as hexadecimal digits");
  };
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  }
  return bytes;
}

// What JSON may have between its words.
constexpr std::array<std::string_view, 4> kSpaces{" ", "\t", "\n", "\r"};

std::string under_key(std::string_view key_id) {
  using Json = nlohmann::json;
  return "\"key_id\":" + Json(key_id).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// (key1, key2, old, new), (...), ...
std::string given_rows(Dialect dialect, const EncryptedColumn& column, std::span<const ChangedValue> changes) {
  std::string rows;
  for (const ChangedValue& change : changes) {
    const StoredValue& old = *change.old;
    rows += fmt::format(
        "{}({}, {}, {})", rows.empty() ? "" : ",\n",
        keys(column, [&](const KeyColumn& key, std::size_t i) { return key_literal(dialect, key, old.key[i]); }),
        payload_literal(dialect, column, old.as_bytes, old.payload),
        payload_literal(dialect, column, old.as_bytes, change.payload));
  }
  return rows;
}

std::string same_key(Dialect dialect, const EncryptedColumn& column, std::string_view left, std::string_view right) {
  std::string all;
  for (std::size_t i = 0; i < column.key.size(); ++i) {
    all += fmt::format("{}{}.{} = {}.k{}", i > 0 ? " AND " : "", left, sql::quote_name(dialect, column.key[i].name),
                       right, i);
  }
  return all;
}

std::string change_postgres(const EncryptedColumn& column, std::span<const ChangedValue> changes) {
  constexpr Dialect dialect = Dialect::postgres;
  const std::string name = sql::quote_name(dialect, column.name);
  const std::string place = keys(column, [](const KeyColumn&, std::size_t i) { return fmt::format("k{}", i); });
  std::string same = fmt::format("t.{} IN (given.old, given.new)", name);
  std::string value = "held.new";
  // json has no equality, and types made of text have one of their own (citext).
  if (column.storage == Storage::json || column.storage == Storage::text) {
    same = fmt::format("CAST(t.{} AS text) IN (given.old, given.new)", name);
  }
  if (column.storage == Storage::jsonb) {
    same = fmt::format("t.{} IN (CAST(given.old AS jsonb), CAST(given.new AS jsonb))", name);
  }
  if (column.storage != Storage::bytes) value = fmt::format("CAST(held.new AS {})", column.type);
  return fmt::format(
      "WITH given({place}, old, new) AS (VALUES {rows}),\n"
      "held AS (SELECT {given_place}, given.new FROM {table} AS t JOIN given ON {given_key} WHERE {same} "
      "ORDER BY {given_place} FOR NO KEY UPDATE OF t SKIP LOCKED)\n"
      "UPDATE {table} AS t SET {name} = {value} FROM held WHERE {held_key} RETURNING {returned}",
      fmt::arg("place", place), fmt::arg("rows", given_rows(dialect, column, changes)),
      fmt::arg("given_place",
               keys(column, [](const KeyColumn&, std::size_t i) { return fmt::format("given.k{}", i); })),
      fmt::arg("table", sql::quote_name(dialect, column.table)),
      fmt::arg("given_key", same_key(dialect, column, "t", "given")), fmt::arg("same", same), fmt::arg("name", name),
      fmt::arg("value", value), fmt::arg("held_key", same_key(dialect, column, "t", "held")),
      fmt::arg("returned",
               keys(column, [](const KeyColumn& key, std::size_t) { return key_text(dialect, "t.", key); })));
}

std::string change_sqlite(const EncryptedColumn& column, std::span<const ChangedValue> changes) {
  constexpr Dialect dialect = Dialect::sqlite;
  const std::string name = sql::quote_name(dialect, column.name);
  // VALUES calls its columns column1, column2, ...
  const std::size_t parts = column.key.size();
  return fmt::format(
      "UPDATE {} AS t SET {} = given.new FROM (SELECT {}, column{} AS old, column{} AS new FROM (VALUES {})) AS given "
      "WHERE {} AND (t.{} IS given.old OR t.{} IS given.new) RETURNING {}",
      sql::quote_name(dialect, column.table), name,
      keys(column, [](const KeyColumn&, std::size_t i) { return fmt::format("column{} AS k{}", i + 1, i); }), parts + 1,
      parts + 2, given_rows(dialect, column, changes), same_key(dialect, column, "t", "given"), name, name,
      keys(column, [](const KeyColumn& key, std::size_t) { return key_text(dialect, "", key); }));
}

}  // namespace

std::string EncryptedColumn::shown() const {
  return table.schema.empty() ? fmt::format("{}.{}", table.name, name)
                              : fmt::format("{}.{}.{}", table.schema, table.name, name);
}

std::string count_sql(Dialect dialect, const EncryptedColumn& column) {
  return fmt::format("SELECT count({}) FROM {}", sql::quote_name(dialect, column.name),
                     sql::quote_name(dialect, column.table));
}

std::string page_sql(Dialect dialect, const EncryptedColumn& column, const StoredValue* after, std::size_t limit) {
  // Qualified: a bare name in ORDER BY would mean what is selected under that name, which is text.
  const auto name = [&](const KeyColumn& key, std::size_t) { return "t." + sql::quote_name(dialect, key.name); };
  std::string beyond;
  if (after != nullptr) {
    beyond = fmt::format(" AND ({}) > ({})", keys(column, name), keys(column, [&](const KeyColumn& key, std::size_t i) {
                           return key_literal(dialect, key, after->key[i]);
                         }));
  }
  return fmt::format("SELECT {}, {} FROM {} AS t WHERE t.{} IS NOT NULL{} ORDER BY {} LIMIT {}",
                     keys(column, [&](const KeyColumn& key, std::size_t) { return key_text(dialect, "t.", key); }),
                     value_text(dialect, column), sql::quote_name(dialect, column.table),
                     sql::quote_name(dialect, column.name), beyond, keys(column, name), limit);
}

StoredValue stored_value(const EncryptedColumn& column, const Row& row) {
  StoredValue value;
  const std::size_t parts = column.key.size();
  for (std::size_t i = 0; i < parts; ++i) value.key.push_back(row.at(i).value_or("NULL"));
  value.as_bytes = row.at(parts + 1) == "1";
  const std::string payload = row.at(parts).value_or("");
  value.payload = value.as_bytes ? unhex(payload) : payload;
  return value;
}

std::string change_sql(Dialect dialect, const EncryptedColumn& column, std::span<const ChangedValue> changes) {
  return dialect == Dialect::sqlite ? change_sqlite(column, changes) : change_postgres(column, changes);
}

std::string not_under_key_sql(Dialect dialect, const EncryptedColumn& column, std::string_view key_id) {
  const std::string name = sql::quote_name(dialect, column.name);
  std::string text = fmt::format("CAST({} AS text)", name);
  if (dialect != Dialect::sqlite && column.storage == Storage::bytes) {
    text = fmt::format("pg_catalog.encode({}, 'escape')", name);
  }
  for (const std::string_view space : kSpaces) {
    text = fmt::format("replace({}, {}, '')", text,
                       dialect == Dialect::sqlite ? fmt::format("char({})", static_cast<int>(space.front()))
                                                  : fmt::format("chr({})", static_cast<int>(space.front())));
  }
  const std::string wanted = sql::quote_text(dialect, under_key(key_id));
  return fmt::format("SELECT count({}) FROM {} WHERE {}", name, sql::quote_name(dialect, column.table),
                     dialect == Dialect::sqlite ? fmt::format("instr({}, {}) = 0", text, wanted)
                                                : fmt::format("position({} IN {}) = 0", wanted, text));
}

bool is_under_key(std::string_view payload, std::string_view key_id) {
  std::string text(payload);
  std::erase_if(text, [](char c) { return std::ranges::find(kSpaces, std::string_view(&c, 1)) != kSpaces.end(); });
  return text.find(under_key(key_id)) != std::string::npos;
}

std::string shown_key(const EncryptedColumn& column, const StoredValue& value) {
  const std::string names = keys(column, [](const KeyColumn& key, std::size_t) { return key.name; });
  const std::string values = keys(column, [&](const KeyColumn&, std::size_t i) { return value.key[i]; });
  return column.key.size() == 1 ? fmt::format("{}={}", names, values) : fmt::format("({})=({})", names, values);
}

}  // namespace dunlin::secrets
