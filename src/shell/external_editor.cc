#include "shell/external_editor.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin::shell {
namespace {

std::string editor() {
  for (const char* variable : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  return "vi";
}

// Gone with this object.
class OwnFile {
 public:
  OwnFile() {
    const char* directory = std::getenv("TMPDIR");
    path_ = fmt::format("{}/dunlin-XXXXXX.sql", directory != nullptr && *directory != '\0' ? directory : "/tmp");
    const int file = ::mkstemps(path_.data(), 4);
    if (file < 0) throw Failure(ErrorKind::io, fmt::format("cannot make a file to edit: {}", std::strerror(errno)));
    ::close(file);
  }
  ~OwnFile() { ::unlink(path_.c_str()); }
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace

std::string edit_outside(const std::string& text) {
  const OwnFile file;
  std::ofstream(file.path()) << text;
  // $EDITOR may be a command with options; the shell cuts it as every program does that runs one.
  const std::string command = fmt::format("exec {} \"$0\"", editor());
  const char* const words[] = {"sh", "-c", command.c_str(), file.path().c_str(), nullptr};
  pid_t child = 0;
  const int refused = ::posix_spawn(&child, "/bin/sh", nullptr, nullptr, const_cast<char* const*>(words), environ);
  if (refused != 0) throw Failure(ErrorKind::usage, "there is no shell here to start an editor with");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Failure(ErrorKind::usage, fmt::format("the editor {} failed; nothing was run", editor()),
                  "export EDITOR=nano, or another that is there");
  }
  std::ostringstream edited;
  edited << std::ifstream(file.path()).rdbuf();
  return edited.str();
}

}  // namespace dunlin::shell
