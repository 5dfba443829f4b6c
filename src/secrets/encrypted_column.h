// A column of encrypted values, and the SQL that reads and changes it. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/driver.h"

namespace dunlin::secrets {

// How the values are kept. SQLite decides it value by value; there it is `by_value`.
enum class Storage { text, json, jsonb, bytes, by_value };

// A column of what a row is found by: the primary key's, or those of a unique index without NULLs.
struct KeyColumn {
  std::string name;
  std::string type;  // as the server writes it; empty where literals need none
};

struct EncryptedColumn {
  TableName table;
  std::string name;
  std::string type;  // as the server writes it: "jsonb", "character varying(2000)"
  Storage storage = Storage::text;
  std::vector<KeyColumn> key;  // not empty

  // "public.users.token_encrypted"; without a schema where there is none.
  std::string shown() const;
};

// A value as it was read, and where.
struct StoredValue {
  std::vector<std::string> key;  // as key literals take it
  std::string payload;           // the JSON
  bool as_bytes = false;
};

struct ChangedValue {
  const StoredValue* old = nullptr;
  std::string payload;
};

// One row: how many values there are.
std::string count_sql(Dialect, const EncryptedColumn&);
// The next `limit` values in the order of the key, after that of `after` (null: from the start).
std::string page_sql(Dialect, const EncryptedColumn&, const StoredValue* after, std::size_t limit);
// A row of page_sql. Throws Failure (sql) for bytes that the server did not give as asked.
StoredValue stored_value(const EncryptedColumn&, const Row&);
// Replaces every value that is still what was read, and returns the key of each that was, as page_sql gives keys; one
// that is the new value already counts, so that the statement can be sent again when its answer was lost. Rows
// that others have locked are left alone (PostgreSQL), so that it neither waits for nor deadlocks with an application.
std::string change_sql(Dialect, const EncryptedColumn&, std::span<const ChangedValue>);

// One row: how many values do not hold `"key_id":KEY` as text, whatever white space is in it. One statement, and so one
// moment: what is written behind the place where a scan stands does not escape it.
std::string not_under_key_sql(Dialect, const EncryptedColumn&, std::string_view key_id);
// The same of one value.
bool is_under_key(std::string_view payload, std::string_view key_id);

// A row as people know it: "id=17", "(tenant, id)=(3, 17)".
std::string shown_key(const EncryptedColumn&, const StoredValue&);

}  // namespace dunlin::secrets
