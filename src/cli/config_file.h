// dunlin.toml: every setting that is no secret of the moment, by its key.
#pragma once

#include <string>

#include "cli/settings.h"

namespace dunlin::cli {

// Offers what the file says. False when there is no such file. Throws Failure (config) with file and line for what is
// not TOML, for an unknown key (with the nearest known one) and for a value that does not fit.
bool offer_config_file(const std::string& path, Settings&);

}  // namespace dunlin::cli
