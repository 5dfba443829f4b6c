// Help and the reference page, both made from the definitions of the command line.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace dunlin::cli {

// What `dunlin` and `dunlin help` print.
std::string help_text(const CommandLine&);
// What `dunlin help COMMAND` and `dunlin COMMAND --help` print.
std::string help_text(const CommandLine&, const CommandRow&);

// docs/reference/commands.md.
std::string reference_page(const CommandLine&);

}  // namespace dunlin::cli
