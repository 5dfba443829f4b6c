#include "drivers/sqlite/pragmas.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include <fmt/format.h>
#include <sqlite3.h>

namespace dunlin::sqlite {
namespace {

// Settings of a connection that change what SQL does, or whether it may. They are read and set by the same name.
// Not defer_foreign_keys: SQLite ends it with the transaction, and to set it OFF forgets the violations counted so far.
constexpr std::array<std::string_view, 13> kSettings = {"cell_size_check",
                                                        "ignore_check_constraints",
                                                        "legacy_alter_table",
                                                        "locking_mode",
                                                        "query_only",
                                                        "read_uncommitted",
                                                        "recursive_triggers",
                                                        "synchronous",
                                                        "reverse_unordered_selects",
                                                        "secure_delete",
                                                        "temp_store",
                                                        "trusted_schema",
                                                        "writable_schema"};

template <std::size_t size>
bool among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string value_of(sqlite3* connection, std::string_view name) {
  std::string value;
  const auto take = [](void* target, int columns, char** values, char**) {
    if (columns > 0 && values[0] != nullptr) *static_cast<std::string*>(target) = values[0];
    return 0;
  };
  sqlite3_exec(connection, fmt::format("PRAGMA {}", name).c_str(), take, &value, nullptr);
  return value;
}

// What this build of SQLite begins with.
const std::map<std::string_view, std::string>& defaults() {
  static const auto values = [] {
    std::map<std::string_view, std::string> read;
    sqlite3* fresh = nullptr;
    if (sqlite3_open_v2(":memory:", &fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr) == SQLITE_OK) {
      for (const std::string_view name : kSettings) read[name] = value_of(fresh, name);
    }
    sqlite3_close_v2(fresh);
    return read;
  }();
  return values;
}

}  // namespace

bool refused_inside(std::string_view pragma) {
  return among(std::array<std::string_view, 4>{"journal_mode", "synchronous", "wal_checkpoint", "temp_store"}, pragma);
}

bool ignored_inside(std::string_view pragma) {
  return among(std::array<std::string_view, 3>{"foreign_keys", "page_size", "auto_vacuum"}, pragma);
}

bool refusal_message(std::string_view message) {
  for (const std::string_view words :
       {"from within a transaction", "inside a transaction", "within a transaction", "within transaction"}) {
    if (message.find(words) != std::string_view::npos) return true;
  }
  return false;
}

bool outlives_statement(std::string_view pragma) {
  return among(kSettings, pragma) || pragma == "case_sensitive_like" || pragma == "busy_timeout";
}

void restore_pragmas(Connection& connection) {
  for (const auto& [name, value] : defaults()) {
    if (value.empty() || value_of(connection.handle(), name) == value) continue;
    connection.run(fmt::format("PRAGMA {} = {}", name, value).c_str());
  }
  // It cannot be read; PRAGMA busy_timeout has taken our busy handler away.
  connection.run("PRAGMA case_sensitive_like = OFF");
  connection.waiting().install(connection.handle());
}

}  // namespace dunlin::sqlite
