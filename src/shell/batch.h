// Commands that were given with the program or come through a pipe: the first error ends it.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "shell/input_buffer.h"
#include "shell/interpreter.h"

namespace dunlin::shell {

class Batch {
 public:
  Batch(Interpreter& interpreter, Interrupt& interrupt) : interpreter_(interpreter), interrupt_(interrupt) {}

  // Each is one backslash command, or statements. An exit code other than 0 is of one of dunlin's own commands. Throws
  // Failure.
  int run(const std::vector<std::string>& commands);
  // `source` is what errors call it: "stdin".
  int run(std::FILE* input, const std::string& source);
  // The file that \i names.
  int include(const CommandLine&);
  // A transaction that is left open is rolled back, and that is an error: Failure (sql).
  void finish();

 private:
  int run_command(const std::string& line, const std::string& source, InputBuffer&);
  void run_typed(const Typed&, const std::string& source);

  Interpreter& interpreter_;
  Interrupt& interrupt_;
  bool leaving_ = false;
  int included_ = 0;
};

}  // namespace dunlin::shell
