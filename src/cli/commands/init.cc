#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/database.h"
#include "app/new_migration.h"
#include "base/exit_code.h"
#include "base/redact.h"
#include "base/text_file.h"
#include "cli/commands/commands.h"
#include "cli/commands/whole_database.h"
#include "cli/render/json.h"
#include "cli/render/text_error.h"

namespace dunlin::cli {
namespace {

constexpr std::string_view kDefaultUrl = "sqlite:app.db";

constexpr std::string_view kFirstMigration =
    "-- An example to begin with: change it or delete it before it is applied.\n"
    "CREATE TABLE greetings (\n"
    "    id INTEGER PRIMARY KEY,\n"
    "    message TEXT NOT NULL\n"
    ");\n";

std::string quoted_for_toml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string config_text(std::string_view url, const std::string& directory) {
  std::string text = "# Settings of dunlin. `dunlin config` shows all of them and where each came from.\n\n";
  if (redact(url) != url) {
    text +=
        "# The database has a password, which does not belong into a file: it is named by DATABASE_URL.\n"
        "# url = \"postgres://user@host/database\"\n";
  } else {
    text += fmt::format("url = {}\n", quoted_for_toml(url));
  }
  return text + fmt::format("dir = {}\n", quoted_for_toml(directory));
}

bool holds_anything(const std::string& directory) {
  std::error_code problem;
  const bool empty = std::filesystem::is_empty(directory, problem);
  return !problem && !empty;
}

class Init final : public Command {
 public:
  void define(CLI::App& app) override { app.add_flag("--no-create", no_create_, "do not make the database"); }

  int run(Invocation& invocation) override {
    const auto named = choose_database(invocation.settings, invocation.environment, DatabaseUse::write);
    const std::string url = named ? named->url : std::string(kDefaultUrl);
    invocation.console.secrets().add_from_url(url);
    const std::string& directory = invocation.settings.text("dir");
    // A URL that no driver takes is noticed before anything is written.
    const Database database{app::driver_for(url), url, invocation.settings.session_options()};

    if (create_text_file("dunlin.toml", config_text(url, directory))) {
      made("dunlin.toml");
    } else {
      kept("dunlin.toml");
    }
    if (holds_anything(directory)) {
      kept(directory);
    } else {
      for (const std::string& path : app::make_migration({.directory = directory,
                                                          .format = invocation.settings.text("format"),
                                                          .description = "create_greetings",
                                                          .content = std::string(kFirstMigration)},
                                                         invocation.clock.wall_now())) {
        made(path);
      }
    }
    if (!no_create_) {
      const std::string title = database_title(database.driver->describe(url));
      create_database(invocation, database) ? made(title) : kept(title);
    }
    show(invocation);
    return static_cast<int>(ExitCode::done);
  }

 private:
  void made(const std::string& what) { made_.push_back(what); }
  void kept(const std::string& what) { kept_.push_back(what); }

  void show(const Invocation& invocation) const {
    if (invocation.json()) {
      Json json;
      json["created"] = made_;
      json["kept"] = kept_;
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
      return;
    }
    std::string text;
    for (const std::string& what : made_) text += fmt::format("created  {}\n", what);
    for (const std::string& what : kept_) text += fmt::format("kept     {}\n", what);
    invocation.say(text + render_next("dunlin migrate", invocation.console.output_paint()));
  }

  bool no_create_ = false;
  std::vector<std::string> made_;
  std::vector<std::string> kept_;
};

}  // namespace

std::unique_ptr<Command> make_init() {
  return std::make_unique<Init>();
}

}  // namespace dunlin::cli
