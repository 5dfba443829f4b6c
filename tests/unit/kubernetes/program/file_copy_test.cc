#include "kubernetes/program/file_copy.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/thrown.h"
#include "unit/formats/temporary_directory.h"

namespace dunlin::program {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Root may read and write everything.
class AsNobody {
 public:
  AsNobody() {
    if (::getuid() != 0) return;
    EXPECT_EQ(::seteuid(65534), 0);
  }
  ~AsNobody() { EXPECT_EQ(::seteuid(::getuid()), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
};

class FileCopy : public testing::Test {
 protected:
  FileCopy() { fs::permissions(folder.path(), fs::perms(0755)); }

  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
  std::size_t copy() const { return copy_directory(path("from"), path("to")); }
  Error refusal() const {
    return error_of([this] { copy(); });
  }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name), std::ios::binary).rdbuf();
    return text.str();
  }
  unsigned mode(const std::string& name) const { return static_cast<unsigned>(fs::status(path(name)).permissions()); }
  std::size_t count(const std::string& name) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path(name)), fs::directory_iterator()));
  }

  formats::TemporaryDirectory folder;
};

TEST_F(FileCopy, IsTheFilesAndDirectoriesAsTheyAre) {
  const std::string large(200'000, 'x');
  folder.write("from/1.sql", std::string("a\0b", 3));
  folder.write("from/20240101_users/up.sql", large);
  folder.write("from/.hidden", "");
  fs::create_directory(path("from/empty"));
  EXPECT_EQ(copy(), 3U);
  EXPECT_EQ(content("to/1.sql"), std::string("a\0b", 3));
  EXPECT_EQ(content("to/20240101_users/up.sql"), large);
  EXPECT_TRUE(fs::exists(path("to/.hidden")));
  EXPECT_TRUE(fs::is_empty(path("to/empty")));
}

// The next container of the pod runs as another user than the image's.
TEST_F(FileCopy, CanBeReadByEverybodyWhateverTheUmaskIs) {
  folder.write("from/users/1.sql");
  fs::permissions(path("from/users/1.sql"), fs::perms(0400));
  fs::permissions(path("from/users"), fs::perms(0700));
  const mode_t before = ::umask(0077);
  copy();
  ::umask(before);
  EXPECT_EQ(mode("to"), 0755U);
  EXPECT_EQ(mode("to/users"), 0755U);
  EXPECT_EQ(mode("to/users/1.sql"), 0644U);
}

TEST_F(FileCopy, WritesOverWhatAKilledOneHasLeft) {
  folder.write("from/1.sql", "SELECT 1;\n");
  folder.write("to/1.sql", "SELECT 1;\nand what was longer");
  EXPECT_EQ(copy_directory(path("from") + "/", path("to") + "//"), 1U);
  EXPECT_EQ(content("to/1.sql"), "SELECT 1;\n");
}

TEST_F(FileCopy, FollowsLinks) {
  folder.write("elsewhere/1.sql", "one");
  folder.write("from/2.sql", "two");
  fs::create_symlink(path("elsewhere/1.sql"), path("from/1.sql"));
  fs::create_directory_symlink("../elsewhere", path("from/more"));
  fs::create_directory_symlink(path("from"), path("link"));
  EXPECT_EQ(copy_directory(path("link"), path("to")), 3U);
  EXPECT_EQ(content("to/1.sql"), "one");
  EXPECT_EQ(content("to/more/1.sql"), "one");
  EXPECT_FALSE(fs::is_symlink(path("to/1.sql")));
  EXPECT_FALSE(fs::is_symlink(path("to/more")));
}

TEST_F(FileCopy, LinksThatLeadNowhereOrInACircleAreRefused) {
  folder.write("from/1.sql");
  fs::create_symlink("gone.sql", path("from/2.sql"));
  EXPECT_EQ(refusal().message, "the symbolic link " + path("from/2.sql") + " leads to nothing");
  fs::remove(path("from/2.sql"));
  fs::create_symlink("3.sql", path("from/3.sql"));
  EXPECT_EQ(refusal().message, "the symbolic link " + path("from/3.sql") + " leads in a circle");
  fs::remove(path("from/3.sql"));
  fs::create_directory(path("from/sub"));
  fs::create_directory_symlink("..", path("from/sub/up"));
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_EQ(error.message, "the symbolic link " + path("from/sub/up") + " leads back to a directory that it is in");
}

TEST_F(FileCopy, WhatIsNoFileIsRefusedByItsName) {
  folder.write("from/1.sql");
  ASSERT_EQ(::mkfifo(path("from/pipe").c_str(), 0644), 0);
  EXPECT_EQ(refusal().message, path("from/pipe") + " is a named pipe: only files and directories can be copied");
  fs::remove(path("from/pipe"));
  fs::create_symlink("/dev/null", path("from/null"));
  EXPECT_THAT(refusal().message, StartsWith(path("from/null") + " is a device: "));
  fs::remove(path("from/null"));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path("from/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(refusal().message, StartsWith(path("from/socket") + " is a socket: "));
  ::close(socket);
}

TEST_F(FileCopy, ADirectoryThatIsNotThereIsTheImagesFault) {
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_EQ(error.message, "the image has no directory " + path("from"));
  EXPECT_THAT(error.hint, HasSubstr("where the image is built"));
  EXPECT_FALSE(fs::exists(path("to")));
}

TEST_F(FileCopy, AFileIsNoDirectory) {
  folder.write("from");
  EXPECT_EQ(refusal().message, path("from") + " is a file and not a directory");
  folder.write("other/1.sql");
  EXPECT_EQ(error_of([&] { copy_directory(path("other"), path("from")); }).message,
            "cannot write " + path("from") + " as user " + std::to_string(::geteuid()) + ": Not a directory");
}

TEST_F(FileCopy, ADirectoryWithoutFilesIsTheWrongOne) {
  fs::create_directories(path("from/sub"));
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_EQ(error.message, "the directory " + path("from") + " of the image holds no files");
}

TEST_F(FileCopy, WhatTheUserMayNotReadIsNamedAndSoIsTheUser) {
  folder.write("from/1.sql");
  fs::permissions(path("from/1.sql"), fs::perms(0));
  fs::create_directory(path("to"));
  fs::permissions(path("to"), fs::perms(0777));
  const AsNobody nobody;
  const std::string user = std::to_string(::geteuid());
  Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::io);
  EXPECT_EQ(error.message, "cannot read " + path("from/1.sql") + " as user " + user + ": Permission denied");
  EXPECT_THAT(error.hint, EndsWith("chmod -R a+rX " + path("from/1.sql")));
}

TEST_F(FileCopy, WhereTheUserMayNotWriteIsNamedAndSoIsTheUser) {
  folder.write("from/1.sql");
  fs::create_directory(path("to"));
  fs::permissions(path("to"), fs::perms(0555));
  const AsNobody nobody;
  const Error error = refusal();
  EXPECT_EQ(error.message,
            "cannot write " + path("to/1.sql") + " as user " + std::to_string(::geteuid()) + ": Permission denied");
  EXPECT_THAT(error.hint, HasSubstr("emptyDir"));
}

// Linux has a device that is always full.
TEST_F(FileCopy, AFullVolumeSaysSo) {
  folder.write("from/1.sql");
  fs::create_directory(path("to"));
  fs::create_symlink("/dev/full", path("to/1.sql"));
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::io);
  EXPECT_THAT(error.message, StartsWith("cannot write " + path("to/1.sql")));
  EXPECT_THAT(error.message, EndsWith("No space left on device"));
  EXPECT_THAT(error.hint, HasSubstr("make room"));
}

TEST_F(FileCopy, DoesNotHoldItself) {
  folder.write("from/1.sql");
  EXPECT_EQ(error_of([&] { copy_directory(path("from"), path("from/volume")); }).message,
            path("from/volume") + " is where the copy is to go: it would hold itself");
  EXPECT_EQ(error_of([&] { copy_directory(path("from"), path("from")); }).kind, ErrorKind::config);
  EXPECT_EQ(content("from/1.sql"), "SELECT 1;\n");
}

TEST_F(FileCopy, InstallsThisVeryProgram) {
  install_program(path("tools/dunlin-operator"));
  install_program(path("tools/dunlin-operator"));
  EXPECT_EQ(mode("tools/dunlin-operator"), 0555U);
  EXPECT_EQ(content("tools/dunlin-operator"), [] {
    std::ostringstream text;
    text << std::ifstream("/proc/self/exe", std::ios::binary).rdbuf();
    return text.str();
  }());
  EXPECT_EQ(count("tools"), 1U);
}

TEST_F(FileCopy, InstallsItWholeOrNotAtAll) {
  EXPECT_EQ(
      error_of([&] { install_program(path("not/there/tool")); }).message,
      "cannot write " + path("not/there") + " as user " + std::to_string(::geteuid()) + ": No such file or directory");
  fs::create_directories(path("tools/tool"));
  EXPECT_THAT(error_of([&] { install_program(path("tools/tool")); }).message, EndsWith(": Is a directory"));
  EXPECT_EQ(count("tools"), 1U);
  EXPECT_TRUE(fs::is_empty(path("tools/tool")));
}

}  // namespace
}  // namespace dunlin::program
