// A program that is started without a shell and whose standard output we read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/descriptor.h"

namespace dunlin {

class ChildProcess {
 public:
  struct Command {
    // The first is looked up in PATH.
    std::vector<std::string> words;
    // NAME=value each. Nothing: our own.
    std::optional<std::vector<std::string>> environment = std::nullopt;
    // Whether it reads our standard input; otherwise it finds nothing there.
    bool may_ask = true;
  };

  // Throws std::system_error when there is no such program, or the system gives no process.
  explicit ChildProcess(Command);
  // Waits for its end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // A descriptor to read from, until its end.
  int output() const { return output_.number(); }
  // As of exit(), or 128 and the signal that ended it. To be called once, when all its output has been read.
  int wait();

 private:
  Descriptor output_;
  pid_t id_ = -1;
};

}  // namespace dunlin
