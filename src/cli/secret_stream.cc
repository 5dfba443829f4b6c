#include "cli/secret_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

constexpr std::size_t kFirst = 64 * 1024;

[[noreturn]] void fail(const std::string& what) {
  throw Failure(ErrorKind::io, fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

}  // namespace

SecretBytes read_secret(int descriptor, std::string_view from) {
  SecretBytes bytes(kFirst);
  std::size_t size = 0;
  while (true) {
    if (size == bytes.size()) {
      SecretBytes larger(bytes.size() * 2);
      std::ranges::copy(bytes.view(), larger.data());
      bytes = std::move(larger);
    }
    const ssize_t got = ::read(descriptor, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR)
      throw Failure(ErrorKind::interrupted, fmt::format("interrupted while reading {}", from));
    if (got < 0) fail(fmt::format("read {}", from));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.shrink(size);
  return bytes;
}

void write_secret(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) throw Failure(ErrorKind::interrupted, "interrupted while writing");
    if (written < 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace dunlin::cli
