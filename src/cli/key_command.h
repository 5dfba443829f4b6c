// Asking a secrets manager for keys.
#pragma once

#include <string>

#include "dunlin/secrets.h"

namespace dunlin::cli {

// What the shell command prints to its standard output. Its standard error is ours. Throws Failure (config) when it
// fails or prints nothing, without what it printed.
SecretBytes run_key_command(const std::string& command);

}  // namespace dunlin::cli
