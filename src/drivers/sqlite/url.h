// The spellings of an SQLite database that tools use: sqlite:app.db, sqlite://app.db, sqlite:///srv/app.db,
// sqlite3://app.db, file:app.db, jdbc:sqlite:app.db, each with the parameters of sqlx and of SQLite's own file: form.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace dunlin::sqlite {

enum class OpenMode {
  existing,   // "mode=rw", and the default: the file has to be there
  create,     // "mode=rwc": made when it is absent
  read_only,  // "mode=ro"
};

struct Location {
  // As written, percent escapes decoded; ":memory:" for a database in memory.
  std::string path;
  OpenMode mode = OpenMode::existing;
  bool in_memory = false;
  bool immutable = false;
  // cache=shared: in memory, several sessions of this process see one database.
  bool shared_cache = false;
  std::string vfs;
  // What the URL says over SessionOptions, as Go's driver spells it (_foreign_keys, _busy_timeout).
  std::optional<bool> foreign_keys;
  std::optional<std::chrono::milliseconds> busy_timeout;

  // The file name without its directory.
  std::string name() const;
  // For people: "./app.db", "/srv/app.db", ":memory:".
  std::string shown() const;
};

// Throws Failure (usage). Messages name the parameter and never repeat a value: it may be a key.
Location parse_url(const std::string& url);

}  // namespace dunlin::sqlite
