// The one table from what went wrong to what the process answers.
#pragma once

#include "dunlin/error.h"

namespace dunlin {

enum class ExitCode : int {
  done = 0,
  migration_failed = 1,  // the database is as before it
  usage = 2,
  pending = 3,
  lock_busy = 4,
  validation = 5,
  unreachable = 6,
  remains = 7,  // something of a migration remains or is unknown
  refused = 8,
  left_undone = 9,
  interrupted = 130,  // 128 + signal; 143 for SIGTERM
};

// `signal` is the interrupt's signal number, for ErrorKind::interrupted.
int exit_code(ErrorKind kind, int signal = 0) noexcept;

// The anchor of docs/reference/errors.md that explains this kind: "lock-busy".
const char* docs_anchor(ErrorKind kind) noexcept;

}  // namespace dunlin
