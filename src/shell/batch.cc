#include "shell/batch.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fmt/format.h>

namespace dunlin::shell {
namespace {

constexpr int kDeepest = 16;

// Lines with their newlines.
class LineReader {
 public:
  explicit LineReader(std::FILE* file) : file_(file) {}
  ~LineReader() { std::free(line_); }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // False at the end, and where reading failed: what was read of that line is dropped.
  bool next(std::string& line) {
    const ssize_t length = ::getline(&line_, &capacity_, file_);
    if (std::ferror(file_) != 0) failed_ = errno;
    if (length < 0 || failed_ != 0) return false;
    line.assign(line_, static_cast<std::size_t>(length));
    return true;
  }
  // Why reading failed, of errno; 0 when it did not.
  int failed() const noexcept { return failed_; }

 private:
  std::FILE* file_;
  char* line_ = nullptr;
  std::size_t capacity_ = 0;
  int failed_ = 0;
};

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

int Batch::run(const std::vector<std::string>& commands) {
  for (std::size_t i = 0; i < commands.size() && !leaving_; ++i) {
    const std::string source = commands.size() == 1 ? "-c" : fmt::format("-c {}", i + 1);
    InputBuffer buffer(interpreter_.surroundings().dialect, source);
    if (is_command(commands[i])) {
      if (const int code = run_command(commands[i], source, buffer); code != 0) return code;
      continue;
    }
    run_typed(buffer.add(commands[i]), source);
    run_typed(buffer.finish(), source);
  }
  return 0;
}

int Batch::run(std::FILE* input, const std::string& source) {
  InputBuffer buffer(interpreter_.surroundings().dialect, source);
  LineReader lines(input);
  for (std::string line; !leaving_ && lines.next(line);) {
    if (!buffer.inside_quote() && is_command(line)) {
      if (const int code = run_command(line, source, buffer); code != 0) return code;
      buffer.skip_line();
    } else {
      run_typed(buffer.add(line), source);
    }
  }
  if (interrupt_.requested()) throw Failure(ErrorKind::interrupted, "interrupted");
  if (lines.failed() != 0) {
    throw Failure(ErrorKind::io, fmt::format("cannot read {}: {}", source, std::strerror(lines.failed())));
  }
  if (!leaving_) run_typed(buffer.finish(), source);
  return 0;
}

int Batch::run_command(const std::string& line, const std::string& source, InputBuffer& buffer) {
  const CommandLine command = read_command(line);
  const Done done = interpreter_.command(command, interrupt_);
  switch (done.next) {
    case Next::leave: leaving_ = true; break;
    case Next::run: run_typed(buffer.finish(), source); break;
    case Next::clear: buffer.clear(); break;
    case Next::include: return include(command);
    case Next::edit: throw Failure(ErrorKind::usage, "\\e needs a terminal");
    case Next::print:
    case Next::go_on: break;
  }
  return done.exit_code;
}

int Batch::include(const CommandLine& command) {
  if (command.words.empty()) throw Failure(ErrorKind::usage, "\\i needs the name of a file");
  if (included_ == kDeepest) throw Failure(ErrorKind::usage, "files include each other too deeply");
  const std::string& path = command.words.front();
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) throw Failure(ErrorKind::io, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  ++included_;
  const int code = run(file.get(), path);
  --included_;
  return code;
}

void Batch::run_typed(const Typed& typed, const std::string& source) {
  for (const sql::Statement& statement : typed.statements) interpreter_.statement(statement, source, interrupt_);
  if (typed.error) throw Failure(*typed.error);
}

void Batch::finish() {
  if (!interpreter_.roll_back(interrupt_)) return;
  throw Failure(ErrorKind::sql, "the input ended in a transaction, which was rolled back",
                "end it with COMMIT, if it was meant");
}

}  // namespace dunlin::shell
