#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/keys.h"
#include "cli/secret_stream.h"

namespace dunlin::cli {
namespace {

class Decrypt final : public Command {
 public:
  void define(CLI::App&) override {}

  int run(Invocation& invocation) override {
    const Keyring ring = keyring(invocation);
    if (invocation.console.terminals().input) invocation.console.err("The encrypted value, then Ctrl-D:\n");
    const SecretBytes payload = read_secret(STDIN_FILENO, "standard input");
    try {
      write_secret(STDOUT_FILENO, Envelope::parse(payload.view()).open(ring).view());
    } catch (const Failure& failure) {
      Error error = failure.error();
      if (error.kind == ErrorKind::secret) error.message = "cannot decrypt standard input: " + error.message;
      throw Failure(std::move(error));
    }
    return static_cast<int>(ExitCode::done);
  }
};

}  // namespace

std::unique_ptr<Command> make_decrypt() {
  return std::make_unique<Decrypt>();
}

}  // namespace dunlin::cli
