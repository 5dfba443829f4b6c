#include "cli/console.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/ioctl.h>

#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

void write(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

}  // namespace

void Console::use_colour(bool allowed) {
  output_paint_ = Paint(allowed && terminals_.output);
  error_paint_ = Paint(allowed && terminals_.error);
}

void Console::out(std::string_view text) {
  write(output_, secrets_.mask(text));
}

void Console::out_unmasked(std::string_view text) {
  write(output_, text);
}

void Console::err(std::string_view text) {
  write(error_, secrets_.mask(text));
  std::fflush(error_);
}

std::size_t Console::columns() const {
  winsize size{};
  if (::ioctl(::fileno(error_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string Console::ask(std::string_view question) {
  if (!terminals_.input) {
    throw Failure(ErrorKind::usage, "this needs a yes, and there is no terminal to ask on", "add --yes");
  }
  std::fflush(output_);
  err(question);
  std::string answer;
  for (int c = std::getc(stdin); c != EOF && c != '\n'; c = std::getc(stdin)) answer += static_cast<char>(c);
  return answer;
}

void Console::flush() {
  if (std::fflush(output_) != 0 || std::ferror(output_) != 0) {
    throw Failure(ErrorKind::io, fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  }
}

}  // namespace dunlin::cli
