#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "dunlin/error.h"
#include "formats/format.h"

namespace dunlin::formats {
namespace {

[[noreturn]] void fail(std::string message, std::string hint) {
  // Which directory is read is a setting: what is wrong with it is not a finding about migration files.
  throw Failure(ErrorKind::config, std::move(message), std::move(hint));
}

[[noreturn]] void fail_to_open(const std::string& directory, int error) {
  switch (error) {
    case ENOENT:
      fail(fmt::format("there is no directory {}", directory),
           "name another with --dir, or make it with its first migration: dunlin new DESCRIPTION");
    case ENOTDIR:
      fail(fmt::format("{} is not a directory", directory), "name the directory of the migrations with --dir");
    case EACCES:
      fail(fmt::format("cannot read the directory {}: {}", directory, std::strerror(error)),
           fmt::format("give the user that runs dunlin the right to read it: chmod a+rx {}", directory));
    default: fail(fmt::format("cannot read the directory {}: {}", directory, std::strerror(error)), {});
  }
}

// "./migrations/" -> "migrations/": how files are named in errors.
std::string shown_prefix(std::string_view directory) {
  while (directory.starts_with("./")) {
    directory.remove_prefix(2);
    while (directory.starts_with('/')) directory.remove_prefix(1);
  }
  if (directory.empty() || directory == ".") return {};
  return std::string(directory) + (directory.ends_with('/') ? "" : "/");
}

// Follows links. A broken link counts as a file, so that opening it says what is wrong.
bool is_file(int directory, const dirent& entry) {
  if (entry.d_type == DT_REG) return true;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return false;
  struct stat status{};
  if (::fstatat(directory, static_cast<const char*>(entry.d_name), &status, 0) != 0) return true;
  return S_ISREG(status.st_mode);
}

void sort(SourceSet& set) {
  std::sort(set.files.begin(), set.files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::sort(set.not_files.begin(), set.not_files.end());
}

}  // namespace

SourceSet list_directory(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), &::closedir);
  if (open == nullptr) fail_to_open(directory, errno);

  SourceSet set;
  set.location = directory;
  const std::string shown = shown_prefix(directory);
  // Scripts are opened again later; the working directory may be another by then.
  const std::string path = std::filesystem::absolute(directory).lexically_normal().string();
  const std::string prefix = path.ends_with('/') ? path : path + "/";
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(open.get());
    if (entry == nullptr) {
      if (errno != 0) fail_to_open(directory, errno);
      break;
    }
    const std::string name = static_cast<const char*>(entry->d_name);
    if (is_file(::dirfd(open.get()), *entry)) {
      set.files.push_back({name, Script::from_file(prefix + name, shown + name)});
    } else if (!name.starts_with('.')) {
      // Dotted directories are nobody's migrations: ., .., .git, and the ..data of a mounted ConfigMap.
      set.not_files.push_back(name);
    }
  }
  sort(set);
  return set;
}

SourceSet list_embedded(const std::vector<EmbeddedMigration>& migrations) {
  SourceSet set;
  set.location = "the migrations built into this program";
  for (const EmbeddedMigration& migration : migrations) {
    const std::string name(migration.file_name);
    set.files.push_back({name, Script::from_static(migration.content, name)});
  }
  sort(set);
  return set;
}

}  // namespace dunlin::formats
