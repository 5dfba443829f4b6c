#include "drivers/sqlite/foreign_keys.h"

#include <algorithm>

#include <fmt/format.h>
#include <sqlite3.h>

#include "drivers/sqlite/footprint.h"

namespace dunlin::sqlite {
namespace {

// No foreign key is without this word, and few tables have it: the rest is not looked at. A virtual table's module may
// not be there.
constexpr std::string_view kTables =
    "FROM main.sqlite_master m WHERE m.type = 'table' AND m.sql LIKE '%references%'"
    " AND m.sql NOT LIKE 'create virtual%'";

std::string quoted(std::string_view name) {
  std::string result = "\"";
  for (const char c : name) {
    result += c;
    if (c == '"') result += c;
  }
  return result + '"';
}

}  // namespace

int References::load(Connection& connection) {
  keys_.clear();
  // A key that names no column means the parent's primary key.
  const std::string sql = fmt::format(
      "SELECT t.name, f.\"table\", i.name, f.on_delete FROM (SELECT m.name {}) t"
      " JOIN pragma_foreign_key_list(t.name) f LEFT JOIN pragma_table_info(f.\"table\") i"
      " ON (f.\"to\" IS NULL AND i.pk > 0) OR i.name = f.\"to\" COLLATE NOCASE",
      kTables);
  Statement statement;
  int code = statement.prepare(connection, sql);
  if (code != SQLITE_OK) return code;
  while ((code = statement.step()) == SQLITE_ROW) {
    const std::string on_delete = statement.text(3).value_or("");
    keys_.push_back({fold(statement.text(0).value_or("")), fold(statement.text(1).value_or("")),
                     fold(statement.text(2).value_or("")), on_delete != "NO ACTION" && on_delete != "RESTRICT"});
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

bool References::referenced(const std::string& table) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const Key& key) { return key.parent == table && key.child != table; });
}

std::optional<std::string> References::silently_changed_by(const std::string& table) const {
  for (const Key& key : keys_) {
    if (key.parent == table && key.child != table && key.acts_on_delete) return key.child;
  }
  return std::nullopt;
}

bool References::is_referenced_column(const std::string& table, const std::string& column) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) {
    return key.parent == table && (key.parent_column == column || column == "rowid");
  });
}

void References::remove_table(const std::string& table) {
  std::erase_if(keys_, [&](const Key& key) { return key.child == table; });
}

int Violations::load(Connection& connection) {
  tables_.clear();
  std::vector<std::string> names;
  Statement statement;
  int code = statement.prepare(connection, fmt::format("SELECT m.name {}", kTables));
  if (code != SQLITE_OK) return code;
  while ((code = statement.step()) == SQLITE_ROW) names.push_back(statement.text(0).value_or(""));
  if (code != SQLITE_DONE) return code;
  for (const std::string& name : names) {
    if (const int checked = check(connection, name); checked != SQLITE_OK) return checked;
  }
  return SQLITE_OK;
}

int Violations::check(Connection& connection, const std::string& name) {
  Table& table = tables_[fold(name)];
  Statement statement;
  int code = statement.prepare(connection, fmt::format("PRAGMA main.foreign_key_check({})", quoted(name)));
  if (code == SQLITE_OK) {
    while ((code = statement.step()) == SQLITE_ROW) {
      Rows& rows = table.by_parent[statement.text(2).value_or("")];
      if (statement.is_null(1)) {
        ++rows.unnumbered;
      } else {
        rows.numbered.push_back(statement.integer(1));
      }
    }
  }
  if (code == SQLITE_ERROR) {
    // "foreign key mismatch": the parent has no such key. It says so of one table and keeps us from none of the others.
    table.mismatch = sqlite3_errmsg(connection.handle());
    return SQLITE_OK;
  }
  for (auto& [parent, rows] : table.by_parent) std::sort(rows.numbered.begin(), rows.numbered.end());
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

std::optional<Violations::New> Violations::first_new(const Violations& before,
                                                     const std::set<std::string>& rebuilt) const {
  static const Table kNoTable;
  static const Rows kNoRows;
  for (const auto& [name, table] : tables_) {
    const auto old_table = before.tables_.find(name);
    const Table& old = old_table == before.tables_.end() ? kNoTable : old_table->second;
    if (!table.mismatch.empty() && old.mismatch.empty()) return New{name, {}, {}, table.mismatch};
    for (const auto& [parent, rows] : table.by_parent) {
      const auto old_rows = old.by_parent.find(parent);
      const Rows& was = old_rows == old.by_parent.end() ? kNoRows : old_rows->second;
      std::vector<std::int64_t> added;
      std::set_difference(rows.numbered.begin(), rows.numbered.end(), was.numbered.begin(), was.numbered.end(),
                          std::back_inserter(added));
      const bool more = rows.count() > was.count();
      if (rebuilt.contains(name) ? !more : added.empty() && !more) continue;
      New found{name, parent, {}, {}};
      if (!added.empty()) found.rowid = added.front();
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace dunlin::sqlite
