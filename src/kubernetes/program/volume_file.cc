#include "kubernetes/program/volume_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "dunlin/error.h"

namespace dunlin::program {
namespace {

constexpr mode_t kReadableFile = 0644;
constexpr mode_t kReadableDirectory = 0755;
constexpr mode_t kExecutable = 0555;

[[noreturn]] void fail(std::string_view verb, const std::string& path, int error_number, std::string hint) {
  Error error{
      .kind = ErrorKind::io,
      .message = fmt::format("cannot {} {} as user {}: {}", verb, path, ::geteuid(), std::strerror(error_number)),
      .hint = std::move(hint)};
  error.where.file = path;
  throw Failure(std::move(error));
}

Descriptor open_to_read(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) fail_to_read(path, errno);
  return file;
}

Descriptor open_to_write(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kReadableFile));
  if (file.number() < 0) fail_to_write(path, errno);
  return file;
}

// 0 at the end of the file.
std::size_t read_some(const Descriptor& file, const std::string& path, std::span<char> buffer) {
  ssize_t count = 0;
  do {
    count = ::read(file.number(), buffer.data(), buffer.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) fail_to_read(path, errno);
  return static_cast<std::size_t>(count);
}

void write_all(const Descriptor& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file.number(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_to_write(path, errno);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

void copy_content(const std::string& from, const Descriptor& target, const std::string& to) {
  const Descriptor source = open_to_read(from);
  std::array<char, 64 * 1024> buffer;
  while (const std::size_t count = read_some(source, from, buffer))
    write_all(target, to, std::string_view(buffer.data(), count));
}

// Whatever the image's umask is.
void set_mode(const Descriptor& file, const std::string& path, mode_t mode) {
  if (::fchmod(file.number(), mode) != 0) fail_to_write(path, errno);
}

// A file beside its later place; it goes unless it gets there.
class HalfWritten {
 public:
  explicit HalfWritten(std::string place)
      : place_(std::move(place)), path_(place_ + ".XXXXXX"), file_(::mkostemp(path_.data(), O_CLOEXEC)) {
    if (file_.number() < 0) fail_to_write(place_, errno);
  }
  ~HalfWritten() {
    if (!is_in_place_) ::unlink(path_.c_str());
  }
  HalfWritten(const HalfWritten&) = delete;
  HalfWritten& operator=(const HalfWritten&) = delete;

  const Descriptor& file() const { return file_; }
  void put_in_place() {
    // Nobody can execute what is open for writing.
    file_.close();
    if (::rename(path_.c_str(), place_.c_str()) != 0) fail_to_write(place_, errno);
    is_in_place_ = true;
  }

 private:
  std::string place_;
  std::string path_;
  Descriptor file_;
  bool is_in_place_ = false;
};

}  // namespace

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(directory, problem), end; !problem && entry != end;
       entry.increment(problem))
    names.push_back(entry->path().filename().string());
  if (problem) fail_to_read(directory, problem.value());
  std::ranges::sort(names);
  return names;
}

std::string read_whole(const std::string& file) {
  const Descriptor source = open_to_read(file);
  std::string content;
  std::array<char, 64 * 1024> buffer;
  while (const std::size_t count = read_some(source, file, buffer)) content.append(buffer.data(), count);
  return content;
}

void write_whole(const std::string& file, std::string_view content) {
  const Descriptor target = open_to_write(file);
  write_all(target, file, content);
  set_mode(target, file, kReadableFile);
}

void copy_whole(const std::string& from, const std::string& to) {
  const Descriptor target = open_to_write(to);
  copy_content(from, target, to);
  set_mode(target, to, kReadableFile);
}

void make_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), kReadableDirectory) == 0) {
    if (::chmod(directory.c_str(), kReadableDirectory) != 0) fail_to_write(directory, errno);
    return;
  }
  const int why = errno;
  std::error_code problem;
  if (why != EEXIST) fail_to_write(directory, why);
  if (!std::filesystem::is_directory(directory, problem)) fail_to_write(directory, ENOTDIR);
}

void copy_executable(const std::string& from, const std::string& to) {
  HalfWritten copy(to);
  copy_content(from, copy.file(), to);
  set_mode(copy.file(), to, kExecutable);
  copy.put_in_place();
}

void fail_to_read(const std::string& path, int error_number) {
  std::string hint;
  if (error_number == EACCES || error_number == EPERM)
    hint = fmt::format("make it readable for this user; where an image is built: chmod -R a+rX {}", path);
  fail("read", path, error_number, std::move(hint));
}

void fail_to_write(const std::string& path, int error_number) {
  std::string hint;
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS)
    hint = "mount a volume there that this user may write to, as an emptyDir is";
  if (error_number == ENOSPC || error_number == EDQUOT)
    hint = "make room on the node's disk, or give the volume a larger sizeLimit";
  fail("write", path, error_number, std::move(hint));
}

}  // namespace dunlin::program
