// What went wrong, as a value.
//
// Every failure in dunlin is one `Error`. Work that cannot go on throws `Failure`, the only exception class; expected
// outcomes (a busy lock, a migration that failed, findings about a file) are return values.
#pragma once

#include <exception>
#include <memory>
#include <string>

namespace dunlin {

// The closed list of what can go wrong. base/exit_code.h maps a kind to its exit code; callers branch on the kind and
// never on message text.
enum class ErrorKind {
  usage,        // the command line or an API call is wrong
  config,       // a setting, variable or configuration file is wrong
  source,       // a migration file cannot be read or is not runnable as written
  validation,   // the files and the history do not fit together
  pending,      // pending migrations exist and the caller asked for that to be an error
  lock_busy,    // another runner holds the lock, for longer than we were told to wait
  connect,      // the server cannot be reached, or refused us
  sql,          // the server refused a statement; the database is as it was before the migration
  in_doubt,     // the answer to a commit never came, and it could not be settled
  remains,      // something of a migration remains in the database, or may
  secret,       // an encrypted value cannot be read: its key is missing, or it is damaged
  safety,       // refused by a safety rule
  timeout,      // a time limit the user set was exceeded
  interrupted,  // SIGINT, SIGTERM or a stop request
  io,           // a file or a local resource
  internal,     // a defect in dunlin
};

// A place in a file. `line` and `column` count from 1, columns in Unicode code points; 0 means unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
  // How many code points are to be underlined; 0 and 1 both mean one.
  int length = 0;

  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  // One sentence, without a full stop at its end, without secrets.
  std::string message;
  // What to do or to type next; may be empty.
  std::string hint;
  SourcePosition where;
  // The source line `where` points into, without its newline; for the caret display.
  std::string line_text;
  // The statement the server refused; may be long. Renderers shorten it.
  std::string statement;
  // Five characters on PostgreSQL; "SQLITE_BUSY" and the like on SQLite; empty where the server gave none.
  std::string sqlstate;
  // The server's own DETAIL and HINT. They may hold row values: they go to the terminal, never to metrics or
  // conditions.
  std::string server_detail;
  std::string server_hint;
  // What led to this error, if another one did.
  std::shared_ptr<const Error> cause;
};

// Carries an Error up to the one place that catches. what() is the message.
class Failure : public std::exception {
 public:
  explicit Failure(Error error) : error_(std::move(error)) {}
  Failure(ErrorKind kind, std::string message, std::string hint = {})
      : error_{kind, std::move(message), std::move(hint), {}, {}, {}, {}, {}, {}, {}} {}

  const Error& error() const noexcept { return error_; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

// The stable name of a kind, as JSON output spells it: "lock_busy".
const char* to_string(ErrorKind kind) noexcept;

}  // namespace dunlin
