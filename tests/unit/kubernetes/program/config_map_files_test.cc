#include "kubernetes/program/config_map_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kubernetes/operator/files_identity.h"
#include "support/thrown.h"
#include "unit/formats/temporary_directory.h"

namespace dunlin::program {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::HasSubstr;

using Files = std::map<std::string, std::string>;

class ConfigMapFiles : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }

  // As the kubelet mounts one.
  std::string mount(const std::string& name, const Files& files) const {
    fs::create_directories(path(name));
    fs::create_directory_symlink("..2024_01_01_00_00_00.1", path(name + "/..data"));
    fs::create_directory(path(name + "/..2024_01_01_00_00_00.1"));
    for (const auto& [file, content] : files) {
      folder.write(name + "/..2024_01_01_00_00_00.1/" + file, content);
      fs::create_symlink("..data/" + file, path(name + "/" + file));
    }
    return path(name);
  }

  std::size_t collect(const Files& expected, const std::vector<std::string>& mounts) const {
    return collect_files(manager::files_identity(expected), mounts, path("to"));
  }

  Files collected() const {
    Files files;
    for (const auto& entry : fs::directory_iterator(path("to"))) {
      std::ifstream stream(entry.path(), std::ios::binary);
      files[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(stream), {});
    }
    return files;
  }

  formats::TemporaryDirectory folder;
};

TEST_F(ConfigMapFiles, AreThoseOfAllAndOfTheLastOfThatName) {
  const std::string first = mount("a", {{"1.sql", "one"}, {"2.sql", "two"}});
  const std::string second = mount("b", {{"2.sql", "another two"}, {".keep", ""}});
  const Files merged{{"1.sql", "one"}, {"2.sql", "another two"}, {".keep", ""}};
  EXPECT_EQ(collect(merged, {first, second}), 3U);
  EXPECT_EQ(collected(), merged);
  EXPECT_EQ(static_cast<unsigned>(fs::status(path("to/1.sql")).permissions()), 0644U);
  EXPECT_EQ(collect(merged, {first, second}), 3U);
}

TEST_F(ConfigMapFiles, OthersThanTheJobIsForAreRefusedBeforeAnythingIsWritten) {
  const std::string mounted = mount("a", {{"1.sql", "changed"}});
  const Error error = error_of([&] { collect({{"1.sql", "one"}}, {mounted}); });
  EXPECT_EQ(error.kind, ErrorKind::validation);
  EXPECT_EQ(error.message, "the ConfigMaps have changed since this Job was made: it is for " +
                               manager::files_identity({{"1.sql", "one"}}) + ", and they hold " +
                               manager::files_identity({{"1.sql", "changed"}}));
  EXPECT_THAT(error.hint, HasSubstr("the operator makes another Job"));
  EXPECT_FALSE(fs::exists(path("to")));
}

TEST_F(ConfigMapFiles, WithoutAFileAreRefused) {
  EXPECT_EQ(error_of([&] { collect({}, {mount("a", {})}); }).message, "the ConfigMaps hold no files");
}

TEST_F(ConfigMapFiles, AreNotLookedForInDirectories) {
  const std::string mounted = mount("a", {{"1.sql", "one"}});
  fs::create_directory(path("a/sub"));
  const Error error = error_of([&] { collect({{"1.sql", "one"}}, {mounted}); });
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_EQ(error.message, path("a/sub") + " is a directory: a ConfigMap's files are in none");
}

TEST_F(ConfigMapFiles, AMountThatIsNotThereIsNamed) {
  const Error error = error_of([&] { collect({}, {path("a")}); });
  EXPECT_EQ(error.kind, ErrorKind::io);
  EXPECT_THAT(error.message, HasSubstr("cannot read " + path("a")));
}

}  // namespace
}  // namespace dunlin::program
