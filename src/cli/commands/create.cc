#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/commands/whole_database.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

class Create final : public Command {
 public:
  void define(CLI::App&) override {}

  int run(Invocation& invocation) override {
    const Database database = open_database(invocation, DatabaseUse::write);
    const bool created = create_database(invocation, database);
    const ServerInfo server = database.driver->describe(database.url);
    if (invocation.json()) {
      Json json;
      json["database"] = server.database;
      json["location"] = server.location;
      json["created"] = created;
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    }
    invocation.say(fmt::format("{} {}.\n", database_title(server), created ? "was created" : "exists already"));
    return static_cast<int>(ExitCode::done);
  }
};

}  // namespace

std::unique_ptr<Command> make_create() {
  return std::make_unique<Create>();
}

}  // namespace dunlin::cli
