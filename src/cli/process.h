// What belongs to the process as a whole: signals, core files, the arguments that other users can see.
#pragma once

#include "dunlin/interrupt.h"

namespace dunlin::cli {

// SIGINT and SIGTERM make a request; a second one ends the process at once, with the signal's exit code. SIGPIPE is
// ignored: a closed pipe is an error of the write. `interrupt` outlives the process.
void handle_signals(Interrupt& interrupt);

// A core file would hold passwords.
void forbid_core_files() noexcept;

// Overwrites the values of --url and --direct-url where they hold a password, so that `ps` does not show it any longer.
// True when there was one.
bool hide_passwords_in_arguments(int argc, char** argv) noexcept;

}  // namespace dunlin::cli
