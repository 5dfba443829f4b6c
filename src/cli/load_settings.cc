#include "cli/load_settings.h"

#include <cstdlib>

#include <fmt/format.h>

#include "cli/config_file.h"
#include "dunlin/error.h"

namespace dunlin::cli {

LoadedSettings load_settings(Settings flags, const std::string& config, Variables process) {
  EnvFile env_file = read_env_file(".env", process);
  std::vector<Diagnostic> warnings = env_file.diagnostics;
  LoadedSettings loaded{
      Environment(std::move(process), std::move(env_file)), std::move(flags), {}, std::move(warnings)};
  offer_environment(loaded.environment, loaded.settings, loaded.warnings);

  std::string path = config;
  std::string named_by = "--config";
  if (path.empty()) {
    if (const auto found = loaded.environment.find("DUNLIN_CONFIG")) {
      path = found->value;
      named_by = to_string(found->source);
    }
  }
  const bool named = !path.empty();
  if (!named) path = "dunlin.toml";
  if (offer_config_file(path, loaded.settings)) {
    loaded.config_file = path;
  } else if (named) {
    throw Failure(ErrorKind::config, fmt::format("{} names {}, which does not exist", named_by, path));
  }
  return loaded;
}

void export_libpq_variables(const Environment& environment) {
  for (const auto& [name, entry] : environment.file().entries) {
    if (name.starts_with("PG")) ::setenv(name.c_str(), entry.value.c_str(), 0);
  }
}

}  // namespace dunlin::cli
