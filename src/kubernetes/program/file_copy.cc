#include "kubernetes/program/file_copy.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "dunlin/error.h"
#include "kubernetes/program/volume_file.h"

namespace dunlin::program {
namespace {

using Status = struct stat;

// A directory, by whatever path and through whatever links it was found.
struct Place {
  explicit Place(const Status& status) : device(status.st_dev), number(status.st_ino) {}
  bool operator==(const Place&) const = default;
  dev_t device;
  ino_t number;
};

const char* kind_of(const Status& status) {
  switch (status.st_mode & S_IFMT) {
    case S_IFSOCK: return "a socket";
    case S_IFIFO: return "a named pipe";
    case S_IFBLK:
    case S_IFCHR: return "a device";
    default: return "no file";
  }
}

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Failure(ErrorKind::config, std::move(message), std::move(hint));
}

Status status_of_entry(const std::string& path) {
  Status status{};
  if (::stat(path.c_str(), &status) == 0) return status;
  const int why = errno;
  if (why == ELOOP) refuse(fmt::format("the symbolic link {} leads in a circle", path), "remove it from the image");
  std::error_code problem;
  if (why == ENOENT && std::filesystem::is_symlink(path, problem))
    refuse(fmt::format("the symbolic link {} leads to nothing", path),
           "put what it leads to into the image, or remove the link");
  fail_to_read(path, why);
}

class Copy {
 public:
  explicit Copy(const Status& target) : target_(target) {}

  void directory(const std::string& from, const Status& status, const std::string& to) {
    const Place place(status);
    if (place == target_)
      refuse(fmt::format("{} is where the copy is to go: it would hold itself", from),
             "mount the volume outside of the directory that is copied");
    if (std::ranges::find(path_, place) != path_.end())
      refuse(fmt::format("the symbolic link {} leads back to a directory that it is in", from),
             "remove it from the image, or name a directory without it");
    path_.push_back(place);
    for (const std::string& name : names_in(from)) entry(from + "/" + name, to + "/" + name);
    path_.pop_back();
  }

  std::size_t files() const { return files_; }

 private:
  void entry(const std::string& from, const std::string& to) {
    const Status status = status_of_entry(from);
    if (S_ISDIR(status.st_mode)) {
      make_directory(to);
      directory(from, status, to);
    } else if (S_ISREG(status.st_mode)) {
      copy_whole(from, to);
      ++files_;
    } else {
      refuse(fmt::format("{} is {}: only files and directories can be copied", from, kind_of(status)),
             "remove it from the image, or name a directory without it");
    }
  }

  Place target_;
  // From the first directory down to the one that is copied.
  std::vector<Place> path_;
  std::size_t files_ = 0;
};

Status status_of_source(const std::string& from) {
  Status status{};
  if (::stat(from.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) fail_to_read(from, errno);
    refuse(fmt::format("the image has no directory {}", from),
           "name the directory that its migrations are in, or put them there where the image is built");
  }
  if (!S_ISDIR(status.st_mode))
    refuse(fmt::format("{} is {} and not a directory", from, S_ISREG(status.st_mode) ? "a file" : kind_of(status)),
           "name the directory that the migrations are in");
  return status;
}

std::string without_last_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::size_t copy_directory(const std::string& from, const std::string& to) {
  const std::string source = without_last_slashes(from);
  const std::string target = without_last_slashes(to);
  const Status status = status_of_source(source);
  make_directory(target);
  Copy copy(status_of_entry(target));
  copy.directory(source, status, target);
  if (copy.files() == 0)
    refuse(fmt::format("the directory {} of the image holds no files", source),
           "name the directory that its migrations are in");
  return copy.files();
}

void install_program(const std::string& file) {
  const std::string directory = std::filesystem::path(file).parent_path().string();
  if (!directory.empty()) make_directory(directory);
  copy_executable("/proc/self/exe", file);
}

}  // namespace dunlin::program
