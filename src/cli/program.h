// The program, given its arguments: everything main does but own the process.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/environment.h"
#include "cli/key_variables.h"
#include "dunlin/interrupt.h"

namespace dunlin::cli {

struct ProgramInput {
  std::vector<std::string> words;  // without the program's own name
  KeyVariables keys;
  Variables environment;  // as it is once the keys are taken out
  bool password_in_arguments = false;
};

// The exit code. Never throws a Failure: it has been reported.
int run_program(const ProgramInput&, Console&, Interrupt&);

}  // namespace dunlin::cli
