#include "drivers/sqlite/errors.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "sql/statement_reader.h"

namespace dunlin::sqlite {
namespace {

struct CodeName {
  int code;
  std::string_view name;
};

constexpr std::array kPrimary = std::to_array<CodeName>({
    {SQLITE_ERROR, "SQLITE_ERROR"},         {SQLITE_INTERNAL, "SQLITE_INTERNAL"},
    {SQLITE_PERM, "SQLITE_PERM"},           {SQLITE_ABORT, "SQLITE_ABORT"},
    {SQLITE_BUSY, "SQLITE_BUSY"},           {SQLITE_LOCKED, "SQLITE_LOCKED"},
    {SQLITE_NOMEM, "SQLITE_NOMEM"},         {SQLITE_READONLY, "SQLITE_READONLY"},
    {SQLITE_INTERRUPT, "SQLITE_INTERRUPT"}, {SQLITE_IOERR, "SQLITE_IOERR"},
    {SQLITE_CORRUPT, "SQLITE_CORRUPT"},     {SQLITE_NOTFOUND, "SQLITE_NOTFOUND"},
    {SQLITE_FULL, "SQLITE_FULL"},           {SQLITE_CANTOPEN, "SQLITE_CANTOPEN"},
    {SQLITE_PROTOCOL, "SQLITE_PROTOCOL"},   {SQLITE_SCHEMA, "SQLITE_SCHEMA"},
    {SQLITE_TOOBIG, "SQLITE_TOOBIG"},       {SQLITE_CONSTRAINT, "SQLITE_CONSTRAINT"},
    {SQLITE_MISMATCH, "SQLITE_MISMATCH"},   {SQLITE_MISUSE, "SQLITE_MISUSE"},
    {SQLITE_NOLFS, "SQLITE_NOLFS"},         {SQLITE_AUTH, "SQLITE_AUTH"},
    {SQLITE_RANGE, "SQLITE_RANGE"},         {SQLITE_NOTADB, "SQLITE_NOTADB"},
});

constexpr std::array kExtended = std::to_array<CodeName>({
    {SQLITE_CONSTRAINT_CHECK, "SQLITE_CONSTRAINT_CHECK"},
    {SQLITE_CONSTRAINT_COMMITHOOK, "SQLITE_CONSTRAINT_COMMITHOOK"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, "SQLITE_CONSTRAINT_FOREIGNKEY"},
    {SQLITE_CONSTRAINT_NOTNULL, "SQLITE_CONSTRAINT_NOTNULL"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, "SQLITE_CONSTRAINT_PRIMARYKEY"},
    {SQLITE_CONSTRAINT_TRIGGER, "SQLITE_CONSTRAINT_TRIGGER"},
    {SQLITE_CONSTRAINT_UNIQUE, "SQLITE_CONSTRAINT_UNIQUE"},
    {SQLITE_CONSTRAINT_ROWID, "SQLITE_CONSTRAINT_ROWID"},
    {SQLITE_CONSTRAINT_DATATYPE, "SQLITE_CONSTRAINT_DATATYPE"},
    {SQLITE_BUSY_RECOVERY, "SQLITE_BUSY_RECOVERY"},
    {SQLITE_BUSY_SNAPSHOT, "SQLITE_BUSY_SNAPSHOT"},
    {SQLITE_LOCKED_SHAREDCACHE, "SQLITE_LOCKED_SHAREDCACHE"},
    {SQLITE_READONLY_RECOVERY, "SQLITE_READONLY_RECOVERY"},
    {SQLITE_READONLY_CANTLOCK, "SQLITE_READONLY_CANTLOCK"},
    {SQLITE_READONLY_ROLLBACK, "SQLITE_READONLY_ROLLBACK"},
    {SQLITE_READONLY_DBMOVED, "SQLITE_READONLY_DBMOVED"},
    {SQLITE_READONLY_DIRECTORY, "SQLITE_READONLY_DIRECTORY"},
    {SQLITE_IOERR_READ, "SQLITE_IOERR_READ"},
    {SQLITE_IOERR_SHORT_READ, "SQLITE_IOERR_SHORT_READ"},
    {SQLITE_IOERR_WRITE, "SQLITE_IOERR_WRITE"},
    {SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC"},
    {SQLITE_IOERR_TRUNCATE, "SQLITE_IOERR_TRUNCATE"},
    {SQLITE_IOERR_LOCK, "SQLITE_IOERR_LOCK"},
    {SQLITE_IOERR_SHMSIZE, "SQLITE_IOERR_SHMSIZE"},
    {SQLITE_CORRUPT_INDEX, "SQLITE_CORRUPT_INDEX"},
    {SQLITE_CANTOPEN_ISDIR, "SQLITE_CANTOPEN_ISDIR"},
    {SQLITE_ABORT_ROLLBACK, "SQLITE_ABORT_ROLLBACK"},
});

template <std::size_t size>
std::string_view find(const std::array<CodeName, size>& names, int code) {
  const auto found = std::find_if(names.begin(), names.end(), [code](const CodeName& row) { return row.code == code; });
  return found == names.end() ? std::string_view() : found->name;
}

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

int code_points(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// The word at `offset`, so that all of it can be underlined.
int word_length(std::string_view text, std::size_t offset) {
  std::size_t end = offset;
  while (end < text.size() && word_character(text[end])) ++end;
  return std::max(1, code_points(text.substr(offset, end - offset)));
}

// SQLite has no position for most names it does not know. The name is in its message, and where the statement holds it
// once, that is the place.
int offset_of_name(std::string_view message, std::string_view text) {
  for (const std::string_view words : {"no such column: ", "no such table: ", "no such function: ", "no such index: ",
                                       "no such view: ", "has no column named "}) {
    const auto at = message.find(words);
    if (at == std::string_view::npos) continue;
    std::string_view name = message.substr(at + words.size());
    name.remove_prefix(name.rfind('.') + 1);  // npos + 1 is 0
    if (name.empty()) return -1;
    int found = -1;
    for (auto here = text.find(name); here != std::string_view::npos; here = text.find(name, here + 1)) {
      const auto end = here + name.size();
      const bool whole =
          (here == 0 || !word_character(text[here - 1])) && (end == text.size() || !word_character(text[end]));
      if (!whole) continue;
      if (found >= 0) return -1;
      found = static_cast<int>(here);
    }
    return found;
  }
  return -1;
}

std::string line_of(const Script* script, int line) {
  if (script == nullptr || script->empty() || line < script->first_line()) return {};
  try {
    const auto reader = script->open();
    return sql::line_text(*reader, line, script->first_line());
  } catch (const Failure&) {
    // The file is gone: the error itself matters more than its line.
    return {};
  }
}

std::string advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "make room on the disk that holds the database, then run again";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process is using the database; try again when it is done";
    case SQLITE_READONLY: return "the database file and its directory have to be writable";
    case SQLITE_NOTADB: return "the URL names another file than the one you mean, or the file is damaged";
    default: return {};
  }
}

std::string message_of(const Connection& connection) {
  const int code = sqlite3_errcode(connection.handle());
  if ((code & 0xff) == SQLITE_FULL) return "the disk is full, or the database has reached its size limit";
  return sqlite3_errmsg(connection.handle());
}

}  // namespace

std::string_view code_name(int code) {
  return find(kPrimary, code & 0xff);
}

std::string_view extended_code_name(int code) {
  return find(kExtended, code);
}

Error error_of(const Connection& connection, const SourceStatement& statement, const Script* script) {
  const int code = sqlite3_extended_errcode(connection.handle());
  int offset = sqlite3_error_offset(connection.handle());
  Error error = error_at(ErrorKind::sql, message_of(connection), advice(code), statement, nullptr);
  error.sqlstate = code_name(code);
  error.server_detail = extended_code_name(code);
  if (offset < 0) offset = offset_of_name(error.message, statement.text);
  if (offset >= 0 && static_cast<std::size_t>(offset) < statement.text.size() && statement.where.line > 0) {
    const auto at = static_cast<std::size_t>(offset);
    sql::Statement located;
    located.text = statement.text;
    located.line = statement.where.line;
    located.column = statement.where.column;
    error.where = sql::position_in_file(located, statement.where.file, code_points(statement.text.substr(0, at)) + 1);
    error.where.length = word_length(statement.text, at);
  }
  error.line_text = line_of(script, error.where.line);
  return error;
}

Error error_of(const Connection& connection, ErrorKind kind, std::string_view doing) {
  const int code = sqlite3_extended_errcode(connection.handle());
  Error error;
  error.kind = kind;
  error.message = fmt::format("{}: {}", doing, message_of(connection));
  error.hint = advice(code);
  error.sqlstate = code_name(code);
  error.server_detail = extended_code_name(code);
  return error;
}

Error error_at(ErrorKind kind, std::string message, std::string hint, const SourceStatement& statement,
               const Script* script) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.hint = std::move(hint);
  error.where = statement.where;
  error.statement = statement.text;
  error.line_text = line_of(script, statement.where.line);
  return error;
}

bool retryable(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
}

}  // namespace dunlin::sqlite
