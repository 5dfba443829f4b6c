#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/commands/whole_database.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

class Drop final : public Command {
 public:
  void define(CLI::App& app) override { app.add_flag("--force", force_, "end other sessions of the database first"); }

  int run(Invocation& invocation) override {
    const Database database = open_database(invocation, DatabaseUse::write);
    confirm_drop(invocation, database);
    const bool dropped = admin_of(database).drop(database.url, database.session, force_);
    const ServerInfo server = database.driver->describe(database.url);
    if (dropped) {
      invocation.log.write(LogLevel::warning, "database_dropped", fmt::format("{} was deleted", database_title(server)),
                           {{"database", server.database}, {"location", server.location}});
    }
    if (invocation.json()) {
      Json json;
      json["database"] = server.database;
      json["location"] = server.location;
      json["dropped"] = dropped;
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    }
    invocation.say(fmt::format("{} {}.\n", database_title(server), dropped ? "was deleted" : "does not exist"));
    return static_cast<int>(ExitCode::done);
  }

 private:
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Command> make_drop() {
  return std::make_unique<Drop>();
}

}  // namespace dunlin::cli
