// Puts the settings together: flags over the environment over .env over dunlin.toml over defaults.
#pragma once

#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/settings.h"
#include "dunlin/diagnostic.h"

namespace dunlin::cli {

struct LoadedSettings {
  Environment environment;
  Settings settings;
  // The file that was read; empty when there was none.
  std::string config_file;
  std::vector<Diagnostic> warnings;
};

// `flags` holds what the command line gave; `config` is --config, or empty. Files are looked for in the working
// directory. Throws Failure (usage, config, io).
LoadedSettings load_settings(Settings flags, const std::string& config, Variables process);

// libpq reads PG* variables from the process environment only, so those of .env are put there unless they are set.
void export_libpq_variables(const Environment&);

}  // namespace dunlin::cli
