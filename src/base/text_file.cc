#include "base/text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin {
namespace {

constexpr std::size_t kLargest = 1024 * 1024;

[[noreturn]] void fail(std::string_view verb, const std::string& path, std::string_view why) {
  Error error{.kind = ErrorKind::io, .message = fmt::format("cannot {} {}: {}", verb, path, why)};
  error.where.file = path;
  throw Failure(std::move(error));
}

struct Closer {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

}  // namespace

std::optional<std::string> read_text_file(const std::string& path) {
  const File file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail("read", path, std::strerror(errno));
  }
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    text.append(buffer.data(), count);
    if (text.size() > kLargest) fail("read", path, "it is larger than 1 MB");
  }
  if (std::ferror(file.get()) != 0) fail("read", path, std::strerror(errno));
  return text;
}

bool create_text_file(const std::string& path, std::string_view content) {
  const File file(std::fopen(path.c_str(), "wxe"));
  if (file == nullptr) {
    if (errno == EEXIST) return false;
    fail("write", path, std::strerror(errno));
  }
  if (std::fwrite(content.data(), 1, content.size(), file.get()) != content.size() || std::fflush(file.get()) != 0) {
    fail("write", path, std::strerror(errno));
  }
  return true;
}

}  // namespace dunlin
