// A command: its options, and what it does. One file each under commands/, one row each in commands/registry.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/database_choice.h"
#include "cli/invocation.h"

namespace CLI {
class App;
}

namespace dunlin::cli {

class Command {
 public:
  virtual ~Command() = default;
  // Declares the options that are this command's own; the variables they fill are its members.
  virtual void define(CLI::App&) = 0;
  // The exit code. Throws Failure.
  virtual int run(Invocation&) = 0;
};

// What `--json` prints when a command fails before it has a result of its own.
enum class FailureDocument { plain, run };

struct CommandRow {
  std::string_view name;
  std::vector<std::string_view> aliases;
  std::string_view summary;           // for the list of commands
  std::string_view details;           // paragraphs for help and the reference; may be empty
  std::optional<SettingGroup> takes;  // settings that are not every command's
  FailureDocument failure = FailureDocument::plain;
  std::unique_ptr<Command> (*make)() = nullptr;
};

// In the order help shows them.
const std::vector<CommandRow>& command_rows();

}  // namespace dunlin::cli
