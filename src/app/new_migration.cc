#include "app/new_migration.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "formats/format.h"

namespace dunlin::app {
namespace {

struct Closer {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

void write_new(const std::string& path, std::string_view content) {
  // "x": what somebody else made in the meantime stays theirs.
  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "wxe"));
  if (file == nullptr || std::fwrite(content.data(), 1, content.size(), file.get()) != content.size() ||
      std::fflush(file.get()) != 0) {
    throw Failure(ErrorKind::io, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
}

}  // namespace

std::vector<std::string> make_migration(const NewMigration& wanted, std::chrono::system_clock::time_point now) {
  std::error_code problem;
  std::filesystem::create_directories(wanted.directory, problem);
  if (problem) {
    throw Failure(ErrorKind::io, fmt::format("cannot make the directory {}: {}", wanted.directory, problem.message()));
  }
  const formats::SourceSet sources = formats::list_directory(wanted.directory);
  const formats::Format& format = wanted.format.empty() ? formats::detect(sources) : formats::by_name(wanted.format);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::vector<std::string> paths;
  for (const formats::NewFile& file : format.make(sources, wanted.description, wanted.reversible, seconds)) {
    std::string path = (std::filesystem::path(wanted.directory) / file.name).string();
    write_new(path, wanted.content && paths.empty() ? *wanted.content : file.content);
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace dunlin::app
