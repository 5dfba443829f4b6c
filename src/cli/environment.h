// Environment variables: the process's own and those of .env, which rank below them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/dotenv.h"
#include "cli/settings.h"

namespace dunlin::cli {

using Variables = std::map<std::string, std::string, std::less<>>;

// The process environment as it is now.
Variables process_environment();

// A variable's value with the place it came from.
struct Found {
  std::string value;
  SettingSource source;
};

class Environment {
 public:
  Environment(Variables process, EnvFile file) : process_(std::move(process)), file_(std::move(file)) {}

  // In one place only. An empty value counts as none.
  std::optional<Found> find(std::string_view name, SourceKind where) const;
  // The process's own first, then .env's.
  std::optional<Found> find(std::string_view name) const;
  // The same for what names a database: throws Failure (config) for one that is set to nothing.
  std::optional<Found> find_filled(std::string_view name) const;
  // Also looks at NAME_FILE, a path whose content is the value, without its final newline. Throws Failure (config) when
  // both are set, when the file is absent or empty, and when the variable is set to nothing: a secret that did not
  // arrive must not send a command to another database.
  std::optional<Found> find_secret(std::string_view name, SourceKind where) const;
  // The same without reading the file: its path when the source's name ends in _FILE, else the value.
  std::optional<Found> find_secret_place(std::string_view name, SourceKind where) const;

  const EnvFile& file() const noexcept { return file_; }
  const Variables& process() const noexcept { return process_; }

 private:
  Variables process_;
  EnvFile file_;
};

// Whether Kubernetes puts this variable into every pod beside a Service whose name begins with "dunlin":
// DUNLIN_SERVICE_HOST, DUNLIN_SERVICE_PORT_HTTP, DUNLIN_PORT, DUNLIN_PORT_80_TCP_ADDR, DUNLIN_X_SERVICE_HOST, ...
bool is_service_link(std::string_view name);

// Offers every DUNLIN_* variable to the settings, and RUST_LOG. Throws Failure (config) for a DUNLIN_* name that means
// nothing, with the nearest one that does. `warnings` gets what is not worth failing for.
void offer_environment(const Environment&, Settings&, std::vector<Diagnostic>& warnings);

// The log level in a RUST_LOG value such as "info", "debug" or "everruns=debug,info": the one for dunlin, else the one
// without a target. Empty when it names none.
std::string level_of_rust_log(std::string_view text);

}  // namespace dunlin::cli
