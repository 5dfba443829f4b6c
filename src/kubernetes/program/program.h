// The program `dunlin-operator`: which of its parts is meant, and what it answers.
#pragma once

#include <span>
#include <string>

#include "dunlin/interrupt.h"

namespace dunlin::program {

// `words` as main() has them: the image holds the program as /manager and /waiter, too. Gives the exit code.
int run_program(std::span<const std::string> words, Interrupt& interrupt);

}  // namespace dunlin::program
