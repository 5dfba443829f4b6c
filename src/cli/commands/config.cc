#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "base/printable.h"
#include "base/redact.h"
#include "cli/commands/commands.h"
#include "cli/database_choice.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

struct ShownSetting {
  std::string key;
  std::string value;
  std::string source;
};

// The same kind of database may be named differently for reading and for writing; both are shown where they differ.
void add_databases(const Invocation& invocation, std::vector<ShownSetting>& shown) {
  const auto write = choose_database(invocation.settings, invocation.environment, DatabaseUse::write);
  const auto read = choose_database(invocation.settings, invocation.environment, DatabaseUse::read);
  for (const auto& choice : {write, read}) {
    if (choice) invocation.console.secrets().add_from_url(choice->url);
  }
  const auto add = [&](const char* key, const std::optional<DatabaseChoice>& choice) {
    shown.push_back({key, choice ? redact(choice->url) : "", choice ? to_string(choice->source) : "not set"});
  };
  const bool same = write.has_value() == read.has_value() && (!write || write->url == read->url);
  add("url", write);
  if (!same) add("url (reading)", read);
}

class Config final : public Command {
 public:
  void define(CLI::App&) override {}

  int run(Invocation& invocation) override {
    std::vector<ShownSetting> shown;
    add_databases(invocation, shown);
    for (const SettingRow& row : setting_rows()) {
      if (row.key == "url") continue;
      const Setting& setting = invocation.settings.at(row.key);
      shown.push_back(
          {std::string(row.key), row.secret ? redact(setting.value) : setting.value, to_string(setting.source)});
    }
    if (invocation.json()) {
      Json json;
      json["settings"] = Json::array();
      for (const ShownSetting& one : shown) {
        Json entry;
        entry["key"] = one.key;
        entry["value"] = one.value.empty() ? Json(nullptr) : Json(one.value);
        entry["source"] = one.source;
        json["settings"].push_back(std::move(entry));
      }
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    } else {
      std::string text;
      for (const ShownSetting& one : shown) {
        text += fmt::format("{}  {}  {}\n", pad_right(one.key, 18),
                            pad_right(one.value.empty() ? "-" : printable(one.value), 28),
                            invocation.console.output_paint().faint(one.source));
      }
      invocation.console.out(text);
    }
    return static_cast<int>(ExitCode::done);
  }
};

}  // namespace

std::unique_ptr<Command> make_config() {
  return std::make_unique<Config>();
}

}  // namespace dunlin::cli
