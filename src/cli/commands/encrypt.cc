#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/keys.h"
#include "cli/secret_stream.h"

namespace dunlin::cli {
namespace {

class Encrypt final : public Command {
 public:
  void define(CLI::App&) override {}

  int run(Invocation& invocation) override {
    const Keyring ring = keyring(invocation);
    if (invocation.console.terminals().input) invocation.console.err("The value, then Ctrl-D:\n");
    const SecretBytes plaintext = read_secret(STDIN_FILENO, "standard input");
    invocation.console.out_unmasked(Envelope::seal(plaintext.view(), ring).payload() + '\n');
    return static_cast<int>(ExitCode::done);
  }
};

}  // namespace

std::unique_ptr<Command> make_encrypt() {
  return std::make_unique<Encrypt>();
}

}  // namespace dunlin::cli
