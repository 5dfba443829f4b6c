// Completion scripts, made from the definitions of the command line.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace dunlin::cli {

std::string bash_completion(const CommandLine&);
std::string zsh_completion(const CommandLine&);
std::string fish_completion(const CommandLine&);

}  // namespace dunlin::cli
