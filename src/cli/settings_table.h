// Every setting there is, one row each. Flags, DUNLIN_* variables, dunlin.toml keys, `dunlin config`, completion and
// the reference pages are all made from these rows.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dunlin::cli {

enum class SettingKind {
  text,
  duration,  // "30s"
  count,     // a whole number, 0 or more
  choice,    // one of the words in `choices`
  on_off,
  list,   // several texts, with commas between; an array in dunlin.toml
  pairs,  // several name=value, with commas between; a table in dunlin.toml
};

// Where a setting may be given.
enum class SettingPlaces { flag_only, flag_and_environment, environment_and_file, everywhere };

enum class SettingGroup {
  database,
  migrations,
  running,  // for commands that take it only
  secrets,  // likewise
  shell,    // likewise
  serving,  // likewise
  output,
};

struct SettingRow {
  std::string_view key;  // as in dunlin.toml: "lock_wait"
  SettingKind kind = SettingKind::text;
  SettingPlaces places = SettingPlaces::everywhere;
  SettingGroup group = SettingGroup::database;
  std::string_view fallback;     // empty: none, or decided elsewhere as `summary` says
  std::string_view choices;      // "text|json"
  std::string_view placeholder;  // what help calls the value: "URL"
  std::string_view summary;
  bool secret = false;            // may hold a password; has a _FILE form
  std::string_view short_flag{};  // "-q"
};

std::span<const SettingRow> setting_rows();
// Null for a key that does not exist.
const SettingRow* find_setting_row(std::string_view key);

std::string flag_name(const SettingRow&);         // "--lock-wait"
std::string environment_name(const SettingRow&);  // "DUNLIN_LOCK_WAIT"

}  // namespace dunlin::cli
