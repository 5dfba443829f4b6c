#include "base/child_process.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dunlin {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

void check(int error) {
  if (error != 0) throw std::system_error(error, std::generic_category());
}

}  // namespace

ChildProcess::ChildProcess(Command command) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) check(errno);
  output_ = Descriptor(ends[0]);
  const Descriptor writing(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writing.number(), STDOUT_FILENO);
  if (!command.may_ask) ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  std::vector<char*> given;
  if (command.environment) given = pointers_to(*command.environment);
  const int refused = ::posix_spawnp(&id_, command.words.front().c_str(), &actions, nullptr,
                                     pointers_to(command.words).data(), command.environment ? given.data() : environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (refused != 0) id_ = -1;
  check(refused);
}

ChildProcess::~ChildProcess() {
  // One that still writes ends when nobody reads.
  output_.close();
  if (id_ > 0) wait();
}

int ChildProcess::wait() {
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace dunlin
