#include <cerrno>
#include <cstring>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/secret_stream.h"

namespace dunlin::cli {
namespace {

class OwnFile {
 public:
  // Never overwrites: the key in it may be the only one that opens something. Throws Failure (io).
  explicit OwnFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
    if (descriptor_ >= 0) return;
    throw Failure(ErrorKind::io, fmt::format("cannot write {}: {}", path, std::strerror(errno)),
                  errno == EEXIST ? "a key is never overwritten: name another file" : "");
  }
  ~OwnFile() { ::close(descriptor_); }
  OwnFile(const OwnFile&) = delete;
  OwnFile& operator=(const OwnFile&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

class Keygen final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("id", id_, "the key's name, such as kek-v2");
    app.add_option("--out,-o", file_, "write it to this new file, which only its owner may read")->type_name("FILE");
    app.add_flag("--print", print_, "show it on the terminal");
  }

  int run(Invocation& invocation) override {
    if (id_.empty()) throw Failure(ErrorKind::usage, "a key needs a name", "dunlin keygen kek-v1 --out kek-v1.key");
    const SecretBytes key = make_key(id_);
    if (!file_.empty()) {
      write_line(OwnFile(file_).descriptor(), key);
      invocation.say(fmt::format("Wrote {}.\n", file_));
      return static_cast<int>(ExitCode::done);
    }
    if (invocation.console.terminals().output && !print_) {
      throw Failure(ErrorKind::usage, "a terminal keeps what it shows: the key is not printed on it",
                    fmt::format("dunlin keygen {0} --out {0}.key, or add --print", id_));
    }
    write_line(STDOUT_FILENO, key);
    warn_if_others_may_read(invocation);
    return static_cast<int>(ExitCode::done);
  }

 private:
  static void write_line(int descriptor, const SecretBytes& key) {
    write_secret(descriptor, key.view());
    write_secret(descriptor, "\n");
  }

  static void warn_if_others_may_read(const Invocation& invocation) {
    struct stat status{};
    if (::fstat(STDOUT_FILENO, &status) != 0 || !S_ISREG(status.st_mode)) return;
    if ((status.st_mode & (S_IRGRP | S_IROTH)) == 0) return;
    invocation.warn({.severity = Severity::warning,
                     .code = "readable-key",
                     .message = "others may read the file that the key was written to",
                     .hint = "chmod 600 it, or have dunlin make it: --out FILE"});
  }

  std::string id_;
  std::string file_;
  bool print_ = false;
};

}  // namespace

std::unique_ptr<Command> make_keygen() {
  return std::make_unique<Keygen>();
}

}  // namespace dunlin::cli
