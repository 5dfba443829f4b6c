#include "drivers/sqlite/admin.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "drivers/sqlite/errors.h"
#include "drivers/sqlite/opening.h"
#include "drivers/sqlite/session.h"
#include "drivers/sqlite/url.h"

namespace dunlin::sqlite {
namespace {

// What SQLite gives a file that it makes; the umask takes away from it.
constexpr mode_t kFileMode = 0644;

Location file_of(const std::string& url) {
  Location location = parse_url(url);
  if (location.in_memory) {
    throw Failure(ErrorKind::usage, "a database in memory is neither created nor dropped",
                  "name a file: sqlite:app.db");
  }
  return location;
}

[[noreturn]] void fail_with_errno(std::string_view doing, const Location& location, std::string hint = {}) {
  throw Failure(ErrorKind::io, fmt::format("cannot {} {}: {}", doing, location.shown(), std::strerror(errno)),
                std::move(hint));
}

// Throws unless the file is a database that nobody else is working with.
void check_unused(const Location& location, SessionOptions options, bool force) {
  options.busy_timeout = std::chrono::milliseconds(0);
  Location quick = location;
  quick.busy_timeout.reset();
  Connection connection(quick, Access::read_write, options);
  // An idle connection shows only in a database with a write-ahead log: leaving that mode needs everybody else gone.
  int code = connection.run("SELECT 1 FROM sqlite_master LIMIT 1");
  if (code == SQLITE_OK && !force) {
    code = connection.run("PRAGMA journal_mode = DELETE");
    if (code == SQLITE_OK) code = connection.run("BEGIN EXCLUSIVE");
  }
  if (code == SQLITE_OK || (retryable(code) && force)) return;
  if (retryable(code)) {
    throw Failure(ErrorKind::lock_busy, fmt::format("another process has {} open", location.shown()),
                  "end it first, or add --force");
  }
  throw Failure(error_of(connection, ErrorKind::io, fmt::format("{} is left alone", location.shown())));
}

}  // namespace

bool SqliteAdmin::create(const std::string& url, const SessionOptions&) {
  const Location location = file_of(url);
  const int file = ::open(location.path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kFileMode);
  if (file >= 0) {
    // An empty file is an empty database.
    ::close(file);
    return true;
  }
  if (errno == EEXIST && !std::filesystem::is_directory(location.path)) return false;
  if (errno == ENOENT) {
    const std::string directory = std::filesystem::path(location.path).parent_path().string();
    throw Failure(ErrorKind::io, fmt::format("the directory {} of the database does not exist", directory),
                  fmt::format("mkdir -p {}", directory));
  }
  fail_with_errno("create", location);
}

bool SqliteAdmin::drop(const std::string& url, const SessionOptions& options, bool force) {
  const Location location = file_of(url);
  if (!file_exists(location)) return false;
  check_unused(location, options, force);
  // SQLite names the files beside a database after the file that a link points to.
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::canonical(location.path, ignored);
  for (const char* suffix : {"-journal", "-wal", "-shm", ""}) {
    if (::unlink((file.string() + suffix).c_str()) != 0 && errno != ENOENT) fail_with_errno("remove", location);
  }
  if (std::filesystem::is_symlink(location.path)) ::unlink(location.path.c_str());
  return true;
}

std::string SqliteAdmin::dump(const std::string& url, const SessionOptions& options) {
  SessionOptions reading = options;
  reading.read_only = true;
  SqliteSession session(parse_url(url), reading);
  // Tables before what is made on them, each kind in the order it was created. SQLite makes the tables behind a virtual
  // table by itself, and its own.
  const Rows rows = session.query(
      "WITH shadow(name) AS (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow')"
      " SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
      " AND tbl_name NOT IN (SELECT name FROM shadow)"
      " ORDER BY CASE type WHEN 'table' THEN 1 WHEN 'index' THEN 2 WHEN 'view' THEN 3 ELSE 4 END, rowid");
  std::string schema;
  for (const Row& row : rows) {
    schema += row.front().value_or("");
    schema += ";\n";
  }
  return schema;
}

}  // namespace dunlin::sqlite
