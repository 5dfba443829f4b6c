// What belongs to the process as a whole: signals and core files.
#pragma once

#include "dunlin/interrupt.h"

namespace dunlin {

// SIGINT and SIGTERM make a request; a second one ends the process at once, with the signal's exit code. SIGPIPE is
// ignored: a closed pipe is an error of the write. `interrupt` outlives the process.
void handle_signals(Interrupt& interrupt);

// A core file would hold passwords.
void forbid_core_files() noexcept;

}  // namespace dunlin
