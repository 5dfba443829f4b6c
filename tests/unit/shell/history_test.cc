#include "shell/history.h"

#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/formats/temporary_directory.h"

namespace dunlin::shell {
namespace {

using testing::ElementsAre;

TEST(History, WhatMayHoldASecretIsLeftOut) {
  EXPECT_TRUE(may_be_kept("SELECT * FROM users"));
  EXPECT_FALSE(may_be_kept("ALTER ROLE app PASSWORD 'x'"));
  EXPECT_FALSE(may_be_kept("create user a identified by 'x'"));
  EXPECT_FALSE(may_be_kept("SELECT dblink('postgres://app:pw@db/x')"));
  EXPECT_FALSE(may_be_kept(" SELECT 1"));
}

TEST(History, StatementsOfSeveralLinesComeBackAsTheyWere) {
  const formats::TemporaryDirectory directory;
  const std::string path = directory.string() + "/state/dunlin/history";
  History(path).add("SELECT 'a\\n'\n  , 1;");
  History(path).add("SELECT 'PASSWORD';");
  EXPECT_THAT(History(path).load(), ElementsAre("SELECT 'a\\n'\n  , 1;"));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(History, AFileThatCannotBeWrittenIsNoError) {
  History("/proc/no/such/file").add("SELECT 1;");
  EXPECT_TRUE(History("/proc/no/such/file").load().empty());
}

TEST(History, WhatIsNoRegularFileKeepsNothingAndItsMode) {
  const formats::TemporaryDirectory directory;
  const std::string pipe = directory.string() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(pipe.c_str(), 0666), 0);
  EXPECT_TRUE(History(pipe).load().empty());
  History(pipe).add("SELECT 1;");
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  History(pipe).add("SELECT 1;");
  ::close(reader);
  struct stat status{};
  ASSERT_EQ(::stat(pipe.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0666U);
}

TEST(History, ItsPlaceFollowsTheBaseDirectories) {
  EXPECT_EQ(default_history_path("/state", "/home/a"), "/state/dunlin/shell_history");
  EXPECT_EQ(default_history_path("", "/home/a"), "/home/a/.local/state/dunlin/shell_history");
  EXPECT_EQ(default_history_path("", ""), "");
}

}  // namespace
}  // namespace dunlin::shell
