#include "drivers/postgres/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin::postgres {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Failure(ErrorKind::io, "the system gives no pipe for a child process");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close_write();
    ::close(read_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }
};

std::vector<std::string> environment_of(const ChildCommand& command) {
  constexpr std::array allowed{
      "PATH",         "HOME",         "TMPDIR",           "TZ",          "PGPASSFILE",    "PGSERVICEFILE",
      "PGSYSCONFDIR", "PGSSLMODE",    "PGSSLCERT",        "PGSSLKEY",    "PGSSLROOTCERT", "PGSSLCRL",
      "PGHOST",       "PGHOSTADDR",   "PGPORT",           "PGDATABASE",  "PGUSER",        "PGSERVICE",
      "PGKRBSRVNAME", "PGGSSENCMODE", "PGCHANNELBINDING", "KRB5_CONFIG", "KRB5CCNAME",    "SSL_CERT_FILE",
      "SSL_CERT_DIR"};
  std::vector<std::string> environment;
  for (const char* name : allowed) {
    if (const char* value = std::getenv(name); value != nullptr) environment.push_back(std::string(name) + "=" + value);
  }
  for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// False at the end of the stream.
bool read_some(int descriptor, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
  if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

void read_until_end(const Pipe& output, const Pipe& errors, pid_t child, const Interrupt* interrupt,
                    ChildResult& result) {
  std::array<pollfd, 3> waiting{{{output.read_end, POLLIN, 0},
                                 {errors.read_end, POLLIN, 0},
                                 {interrupt != nullptr ? interrupt->descriptor() : -1, POLLIN, 0}}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[0].revents != 0 && !read_some(output.read_end, result.output)) waiting[0].fd = -1;
    if (waiting[1].revents != 0 && !read_some(errors.read_end, result.errors)) waiting[1].fd = -1;
    if (waiting[2].fd >= 0 && waiting[2].revents != 0) {
      result.interrupted = true;
      ::kill(child, SIGTERM);
      waiting[2].fd = -1;
    }
  }
}

}  // namespace

ChildResult run_child(const ChildCommand& command, const Interrupt* interrupt) {
  Pipe output;
  Pipe errors;
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = environment_of(command);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end, STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments.front().c_str(), &actions, nullptr, pointers(arguments).data(),
                                    pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  ChildResult result;
  if (failed == ENOENT) return result;
  if (failed != 0) throw Failure(ErrorKind::io, "cannot start " + arguments.front());
  result.started = true;
  output.close_write();
  errors.close_write();
  read_until_end(output, errors, child, interrupt, result);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace dunlin::postgres
