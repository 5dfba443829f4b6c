#include <CLI/CLI.hpp>

#include "base/exit_code.h"
#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/reference.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

class Help final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("command", topic_, "the command to explain");
    // Writes docs/reference/commands.md; nothing for users, so it is not shown.
    app.add_flag("--markdown", markdown_, "the reference page")->group("");
  }

  int run(Invocation& invocation) override {
    const CommandLine definitions;
    const std::string text = markdown_        ? reference_page(definitions)
                             : topic_.empty() ? help_text(definitions)
                                              : help_text(definitions, definitions.row_of(topic_));
    if (invocation.json()) {
      Json json;
      json["help"] = text;
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    } else {
      invocation.console.out(text);
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::string topic_;
  bool markdown_ = false;
};

}  // namespace

std::unique_ptr<Command> make_help() {
  return std::make_unique<Help>();
}

}  // namespace dunlin::cli
