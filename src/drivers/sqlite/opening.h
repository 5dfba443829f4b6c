// How sessions come by their connection: which files may be made, and when.
#pragma once

#include <memory>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/url.h"
#include "dunlin/driver.h"

namespace dunlin::sqlite {

// For commands that write. A file that does not exist is an error, unless the URL says mode=rwc.
// Throws Failure (connect; usage for a mode=ro URL).
std::unique_ptr<Connection> open_to_write(const Location&, const SessionOptions&);

// For commands that only read: makes no file, not even the -wal and -shm that a reader of a WAL database leaves. So the
// way to open depends on what is there at this moment, and a connection may serve one query only.
struct Reader {
  std::unique_ptr<Connection> connection;
  bool keep = true;
};
// A file that mode=rwc would make is read as an empty database. Throws Failure (connect).
Reader open_to_read(const Location&, const SessionOptions&);

bool file_exists(const Location&);
// Throws Failure (connect) with the command that makes the file.
[[noreturn]] void fail_missing(const Location&);

}  // namespace dunlin::sqlite
