// The merged settings: each value with the place it came from.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/settings_table.h"
#include "dunlin/driver.h"
#include "dunlin/run_options.h"

namespace dunlin::cli {

// In rising rank: a flag beats an environment variable, that beats .env, that beats dunlin.toml.
enum class SourceKind { fallback, config_file, env_file, environment, flag };

struct SettingSource {
  SourceKind kind = SourceKind::fallback;
  std::string name;  // "--lock-wait", "DUNLIN_LOCK_WAIT", "lock_wait"
  std::string file;  // for config_file and env_file, as the user named it
  int line = 0;
  // Of each element, where the value is a table of dunlin.toml.
  std::vector<int> lines{};
};

// "--lock-wait", "DUNLIN_LOCK_WAIT", "DATABASE_URL in .env:3", "dunlin.toml:7", "default".
std::string to_string(const SettingSource&);

struct Setting {
  std::string value;
  SettingSource source;
};

class Settings {
 public:
  Settings();  // every setting at its default

  // Checks the value, whatever its rank, and keeps it when nothing of the same or a higher rank was offered before.
  // Throws Failure: usage for a flag, config for the rest.
  void offer(std::string_view key, std::string value, SettingSource source);

  const Setting& at(std::string_view key) const;
  const std::string& text(std::string_view key) const { return at(key).value; }
  bool given(std::string_view key) const { return at(key).source.kind != SourceKind::fallback; }
  bool on(std::string_view key) const;
  std::chrono::milliseconds duration(std::string_view key) const;
  int count(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;

  // The settings that a run takes; --to, --steps and --all are a command's own.
  RunOptions run_options() const;
  // Interrupt, notices and foreign keys are for others to fill in.
  SessionOptions session_options() const;

 private:
  std::map<std::string, Setting, std::less<>> values_;
};

}  // namespace dunlin::cli
