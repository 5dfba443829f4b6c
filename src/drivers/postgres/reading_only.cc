#include "drivers/postgres/reading_only.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "sql/tokens.h"
#include "sql/traits.h"

namespace dunlin::postgres {
namespace {

using sql::Token;
using sql::Tokens;

constexpr Dialect kDialect = Dialect::postgres;

// They write to the server's files, to the log that replicas read, or to catalogues, whatever the transaction says.
constexpr auto kCalls = std::to_array<std::string_view>({
    "dblink_exec",
    "lo_export",
    "pg_backup_start",
    "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_create_restore_point",
    "pg_drop_replication_slot",
    "pg_file_rename",
    "pg_file_sync",
    "pg_file_unlink",
    "pg_file_write",
    "pg_import_system_collations",
    "pg_logical_emit_message",
    "pg_logical_slot_get_binary_changes",
    "pg_logical_slot_get_changes",
    "pg_promote",
    "pg_replication_origin_advance",
    "pg_replication_origin_create",
    "pg_replication_origin_drop",
    "pg_replication_slot_advance",
    "pg_start_backup",
    "pg_switch_wal",
});
static_assert(std::is_sorted(kCalls.begin(), kCalls.end()));

// PostgreSQL 16 began to refuse these in a READ ONLY transaction.
constexpr int kRefusesLargeObjects = 160000;
constexpr auto kLargeObjectCalls = std::to_array<std::string_view>({
    "lo_creat",
    "lo_create",
    "lo_from_bytea",
    "lo_import",
    "lo_put",
    "lo_truncate",
    "lo_truncate64",
    "lo_unlink",
    "lowrite",
});
static_assert(std::is_sorted(kLargeObjectCalls.begin(), kLargeObjectCalls.end()));

Error refusal(std::string_view what) {
  return Failure(ErrorKind::safety,
                 fmt::format("{} changes what no transaction takes back, and the console only reads", what),
                 "dunlin shell --write")
      .error();
}

// COPY ... TO anything but STDOUT.
bool copies_to_server(std::string_view statement) {
  Tokens tokens(kDialect, statement);
  tokens.take();
  while (!tokens.peek().is_end()) {
    const Token token = tokens.take();
    if (token.is('(')) tokens.skip_parentheses();
    if (token.is("FROM")) return false;
    if (token.is("TO")) return !tokens.peek().is("STDOUT") && !tokens.peek().is("STDIN");
  }
  return false;
}

std::optional<std::string> writing_call(std::string_view statement, int version) {
  Tokens tokens(kDialect, statement);
  while (!tokens.peek().is_end()) {
    const Token token = tokens.take();
    if (!token.is_name() || !tokens.peek().is('(')) continue;
    const std::string name = sql::name_of(kDialect, token);
    const bool old = version < kRefusesLargeObjects;
    if (std::ranges::binary_search(kCalls, name) || (old && std::ranges::binary_search(kLargeObjectCalls, name))) {
      return name;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> refused_by_word(std::string_view statement, int version) {
  const sql::Traits traits = sql::classify(kDialect, statement);
  const std::string& command = traits.command;
  if (command == "COPY" && copies_to_server(statement)) return refusal("COPY into a file or a program of the server");
  // What a block does is in a text.
  if (command == "DO" || command == "PREPARE TRANSACTION" || command == "COMMIT PREPARED" ||
      command == "ROLLBACK PREPARED") {
    return refusal(command == "DO" ? "a DO block may do what" : command);
  }
  if (const auto call = writing_call(statement, version)) return refusal(*call + "()");
  return std::nullopt;
}

}  // namespace dunlin::postgres
