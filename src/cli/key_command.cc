#include "cli/key_command.h"

#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "cli/secret_stream.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

[[noreturn]] void fail(std::string message) {
  throw Failure(ErrorKind::config, std::move(message), "run the command by hand and look at what it says");
}

int exit_status(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

SecretBytes run_key_command(const std::string& command) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Failure(ErrorKind::io, std::strerror(errno));
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writing.number(), STDOUT_FILENO);
  const char* const words[] = {"sh", "-c", command.c_str(), nullptr};
  pid_t child = 0;
  const int refused = ::posix_spawn(&child, "/bin/sh", &actions, nullptr, const_cast<char* const*>(words), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (refused != 0) fail(fmt::format("the key command cannot be run: {}", std::strerror(refused)));
  writing.close();
  SecretBytes keys;
  try {
    keys = read_secret(reading.number());
  } catch (const Failure&) {
    exit_status(child);
    throw;
  }
  if (const int status = exit_status(child); status != 0) {
    fail(fmt::format("the key command failed with exit code {}", status));
  }
  if (keys.size() == 0) fail("the key command printed nothing");
  return keys;
}

}  // namespace dunlin::cli
