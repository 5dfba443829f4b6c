#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/new_migration.h"
#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

class New final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("name", words_, "what it does, in a few words: add invoices");
    app.add_flag("--reversible,-r", reversible_, "make a down file as well");
  }

  int run(Invocation& invocation) override {
    if (words_.empty()) throw Failure(ErrorKind::usage, "a new migration needs a name", "dunlin new add_invoices");
    const auto paths = app::make_migration({.directory = invocation.settings.text("dir"),
                                            .format = invocation.settings.text("format"),
                                            .description = fmt::format("{}", fmt::join(words_, " ")),
                                            .reversible = reversible_},
                                           invocation.clock.wall_now());
    if (invocation.json()) {
      Json json;
      json["created"] = paths;
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    } else {
      for (const std::string& path : paths) invocation.console.out(path + '\n');
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::vector<std::string> words_;
  bool reversible_ = false;
};

}  // namespace

std::unique_ptr<Command> make_new() {
  return std::make_unique<New>();
}

}  // namespace dunlin::cli
