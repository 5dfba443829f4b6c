#include <cstdio>

#include <unistd.h>

#include "base/process.h"
#include "cli/own_name.h"
#include "cli/program.h"
#include "cli/visible_arguments.h"

int main(int argc, char** argv) {
  using namespace dunlin::cli;
  dunlin::forbid_core_files();
  // For the whole life of the process: the signal handler points at it.
  static dunlin::Interrupt interrupt;
  dunlin::handle_signals(interrupt);

  ProgramInput input{.words = without_own_name({argv + 1, argv + argc}), .keys = take_key_variables()};
  input.environment = process_environment();
  input.password_in_arguments = hide_passwords_in_arguments(argc, argv);
  Console console(stdout, stderr,
                  {.input = ::isatty(STDIN_FILENO) == 1,
                   .output = ::isatty(STDOUT_FILENO) == 1,
                   .error = ::isatty(STDERR_FILENO) == 1});
  return run_program(input, console, interrupt);
}
