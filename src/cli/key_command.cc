#include "cli/key_command.h"

#include <system_error>

#include <fmt/format.h>

#include "base/child_process.h"
#include "cli/secret_stream.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

[[noreturn]] void fail(std::string message) {
  throw Failure(ErrorKind::config, std::move(message), "run the command by hand and look at what it says");
}

}  // namespace

SecretBytes run_key_command(const std::string& command) try {
  ChildProcess shell({.words = {"/bin/sh", "-c", command}});
  SecretBytes keys = read_secret(shell.output(), "what the key command prints");
  if (const int status = shell.wait(); status != 0) {
    fail(fmt::format("the key command failed with exit code {}", status));
  }
  if (keys.size() == 0) fail("the key command printed nothing");
  return keys;
} catch (const std::system_error& error) {
  fail(fmt::format("the key command cannot be run: {}", error.code().message()));
}

}  // namespace dunlin::cli
