#include "kubernetes/program/config_map_files.h"

#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "kubernetes/operator/files_identity.h"
#include "kubernetes/program/volume_file.h"

namespace dunlin::program {
namespace {

using Files = std::map<std::string, std::string>;

void read_mount(const std::string& mount, Files& files) {
  for (const std::string& name : names_in(mount)) {
    if (name.starts_with("..")) continue;
    const std::string path = mount + "/" + name;
    std::error_code problem;
    if (std::filesystem::is_directory(path, problem))
      throw Failure(ErrorKind::config, fmt::format("{} is a directory: a ConfigMap's files are in none", path),
                    "mount a ConfigMap, without paths for its keys");
    files[name] = read_whole(path);
  }
}

}  // namespace

std::size_t collect_files(const std::string& identity, std::span<const std::string> mounts, const std::string& to) {
  Files files;
  for (const std::string& mount : mounts) read_mount(mount, files);
  const std::string found = manager::files_identity(files);
  if (found != identity)
    throw Failure(ErrorKind::validation,
                  fmt::format("the ConfigMaps have changed since this Job was made: it is for {}, and they hold {}",
                              identity, found),
                  "nothing: the operator makes another Job, for what they hold now");
  if (files.empty())
    throw Failure(ErrorKind::config, "the ConfigMaps hold no files", "put the migrations into their data");
  make_directory(to);
  for (const auto& [name, content] : files) write_whole(to + "/" + name, content);
  return files.size();
}

}  // namespace dunlin::program
