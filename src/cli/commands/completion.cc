#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "base/suggest.h"
#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/completion_script.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

class Completion final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("shell", shell_, "bash, zsh or fish")->type_name("bash|zsh|fish");
  }

  int run(Invocation& invocation) override {
    const CommandLine definitions;
    std::string script;
    if (shell_ == "bash") {
      script = bash_completion(definitions);
    } else if (shell_ == "zsh") {
      script = zsh_completion(definitions);
    } else if (shell_ == "fish") {
      script = fish_completion(definitions);
    } else {
      std::string hint = did_you_mean(shell_, {"bash", "zsh", "fish"});
      if (hint.empty()) hint = "dunlin completion bash, zsh or fish";
      throw Failure(ErrorKind::usage,
                    shell_.empty() ? "dunlin completion needs the name of a shell"
                                   : fmt::format("there is no completion for \"{}\"", shell_),
                    std::move(hint));
    }
    if (invocation.json()) {
      Json json;
      json["script"] = script;
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    } else {
      invocation.console.out(script);
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion() {
  return std::make_unique<Completion>();
}

}  // namespace dunlin::cli
