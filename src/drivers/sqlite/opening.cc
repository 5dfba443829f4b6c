#include "drivers/sqlite/opening.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/sqlite/errors.h"

namespace dunlin::sqlite {
namespace {

// Places 18 of the file header: 2 is a write-ahead log. https://www.sqlite.org/fileformat2.html#the_database_header
constexpr int kHeaderSize = 100;
constexpr std::size_t kWriteVersion = 18;

// Read through SQLite: opening and closing the file by ourselves would drop the POSIX locks that other connections of
// this process have on it.
bool has_write_ahead_log(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file == nullptr || file->pMethods == nullptr) return false;
  std::array<unsigned char, kHeaderSize> header{};
  return file->pMethods->xRead(file, header.data(), kHeaderSize, 0) == SQLITE_OK && header[kWriteVersion] == 2;
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

// The first read: a file that is no database is found out here and not in the middle of something.
int probe(Connection& connection) {
  return connection.run("SELECT 1 FROM sqlite_master LIMIT 1");
}

[[noreturn]] void fail_unreadable(const Connection& connection, const Location& location) {
  if (sqlite3_errcode(connection.handle()) == SQLITE_INTERRUPT) {
    throw Failure(ErrorKind::interrupted, "interrupted");
  }
  throw Failure(error_of(connection, ErrorKind::connect, fmt::format("cannot read {}", location.shown())));
}

void check_file(const Location& location) {
  struct stat status{};
  if (::stat(location.path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    throw Failure(ErrorKind::connect, fmt::format("cannot open {}: {}", location.shown(), std::strerror(errno)));
  }
  if (S_ISDIR(status.st_mode)) {
    throw Failure(ErrorKind::connect, fmt::format("{} is a directory, not a database file", location.shown()));
  }
}

// The directory is what is missing when the file may be made.
void check_directory(const Location& location) {
  const auto slash = location.path.rfind('/');
  if (slash == std::string::npos || slash == 0) return;
  const std::string directory = location.path.substr(0, slash);
  if (exists(directory)) return;
  throw Failure(ErrorKind::connect, fmt::format("the directory {} of the database does not exist", directory),
                fmt::format("mkdir -p {}", directory));
}

}  // namespace

bool file_exists(const Location& location) {
  return location.in_memory || exists(location.path);
}

void fail_missing(const Location& location) {
  throw Failure(ErrorKind::connect, fmt::format("the database file {} does not exist", location.shown()),
                "dunlin create");
}

std::unique_ptr<Connection> open_to_write(const Location& location, const SessionOptions& options) {
  if (location.mode == OpenMode::read_only || location.immutable) {
    throw Failure(ErrorKind::usage,
                  "the database URL says that the database is only read, and this command writes to it",
                  "take mode=ro or immutable=1 out of the database URL");
  }
  check_file(location);
  Access access = Access::read_write;
  if (!file_exists(location)) {
    if (location.mode != OpenMode::create) fail_missing(location);
    check_directory(location);
    access = Access::create;
  }
  auto connection = std::make_unique<Connection>(location, access, options);
  if (probe(*connection) != SQLITE_OK) fail_unreadable(*connection, location);
  return connection;
}

Reader open_to_read(const Location& location, const SessionOptions& options) {
  check_file(location);
  if (!file_exists(location)) {
    if (location.mode != OpenMode::create) fail_missing(location);
    Location nothing;
    nothing.path = ":memory:";
    nothing.in_memory = true;
    return {std::make_unique<Connection>(nothing, Access::create, options), false};
  }
  if (!location.in_memory) {
    auto still = std::make_unique<Connection>(location, Access::immutable, options);
    // Without a -wal file nobody has the database open, and all of it is in the file itself.
    if (has_write_ahead_log(*still) && !exists(location.path + "-wal")) return {std::move(still), false};
  }
  auto connection = std::make_unique<Connection>(location, Access::read_only, options);
  int code = probe(*connection);
  if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY || code == SQLITE_READONLY_CANTINIT) {
    // A writer was killed: what it left has to be rolled back before anybody can read, and only a writer may do so.
    connection = std::make_unique<Connection>(location, Access::read_write, options);
    connection->run("PRAGMA query_only = ON");
    code = probe(*connection);
  }
  if (code != SQLITE_OK) fail_unreadable(*connection, location);
  return {std::move(connection), true};
}

}  // namespace dunlin::sqlite
