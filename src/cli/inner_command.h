// One of dunlin's commands run from inside of another: the console's \info, \plan, \migrate.
#pragma once

#include <string>
#include <vector>

#include "cli/invocation.h"

namespace dunlin::cli {

// With the settings of `outer`, which flags among the words override. The exit code. Throws Failure.
int run_inner_command(const Invocation& outer, const std::vector<std::string>& words, Interrupt&, bool reads_only);

}  // namespace dunlin::cli
