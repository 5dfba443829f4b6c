// One connection to an SQLite database, and statements prepared on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/sqlite/footprint.h"
#include "drivers/sqlite/url.h"
#include "drivers/sqlite/waiting.h"
#include "dunlin/driver.h"

struct sqlite3;
struct sqlite3_stmt;

namespace dunlin::sqlite {

enum class Access {
  read_only,
  immutable,  // takes no lock and makes no file; only while nobody else has the database open
  read_write,
  create,
};

class Connection {
 public:
  // Does not touch the file's content. Throws Failure (connect).
  Connection(const Location&, Access, const SessionOptions&);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_; }
  Waiting& waiting() { return waiting_; }
  // Of the statement that was prepared last.
  const Footprint& footprint() const { return footprint_; }
  void clear_footprint() { footprint_.clear(); }

  // False as soon as anything has ended the transaction.
  bool in_transaction() const;
  bool foreign_keys() const;
  // Does nothing inside a transaction, as SQLite has it.
  void set_foreign_keys(bool on);

  // dunlin_elapsed_ns() counts from here to where the clock is stopped, so that what the history records is what the
  // report says.
  void start_clock();
  void stop_clock() { stopped_ = elapsed(); }
  std::chrono::nanoseconds elapsed() const;

  // Runs SQL of dunlin's own whose rows do not matter; a result code.
  int run(const char* sql);
  // Rolls back if there is something to roll back. Never fails: what cannot be rolled back is gone with the connection.
  void rollback();

 private:
  sqlite3* handle_ = nullptr;
  Waiting waiting_;
  Footprint footprint_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::optional<std::chrono::nanoseconds> stopped_;
};

class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Statement& operator=(Statement&& other) noexcept;

  // A result code. `tail` becomes what SQLite did not take as part of the statement. Some pragmas take effect here.
  int prepare(Connection&, std::string_view sql, std::string_view* tail = nullptr);
  // Nothing but comments and space was prepared.
  bool empty() const { return handle_ == nullptr; }

  void bind(int index, std::string_view value);
  // SQLITE_ROW, SQLITE_DONE or an error.
  int step();
  // Steps to the end and drops the rows; SQLITE_OK or an error.
  int finish();
  int reset();

  int columns() const;
  std::string column_name(int column) const;
  // SQLITE_INTEGER, SQLITE_BLOB, ... of the value in this row.
  int type(int column) const;
  // Bytes as they are for a blob; SQL NULL is empty.
  std::optional<std::string> text(int column) const;
  std::int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace dunlin::sqlite
