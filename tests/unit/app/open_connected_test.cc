#include "app/open_connected.h"

#include <gtest/gtest.h>

#include "support/fake_database.h"

namespace dunlin::app {
namespace {

class OpenConnected : public ::testing::Test {
 protected:
  Project open(bool read_only) { return open_connected(options, read_only); }

  test::FakeDatabase database;
  MigratorOptions options{.embedded = {{"1_first.sql", "SELECT 1;"}},
                          .driver = std::make_shared<test::FakeDriver>(database)};
};

TEST_F(OpenConnected, TheFirstConnectGetsTheSessionThatIsThere) {
  const Project project = open(false);
  EXPECT_EQ(project.catalog.migrations.size(), 1U);
  EXPECT_EQ(database.sessions, 1);
  EXPECT_EQ(project.connect(false)->backend().pid, 1);
  EXPECT_EQ(project.connect(false)->backend().pid, 2);
}

TEST_F(OpenConnected, ASessionForWritingReadsToo) {
  EXPECT_EQ(open(false).connect(true)->backend().pid, 1);
}

TEST_F(OpenConnected, ASessionForReadingIsNotWrittenWith) {
  const Project project = open(true);
  EXPECT_EQ(project.connect(false)->backend().pid, 2);
  EXPECT_EQ(database.log, (std::vector<std::string>{"close 1", "close 2"}));
}

TEST_F(OpenConnected, AFailureIsForTheFirstConnectAlone) {
  database.connects = {false, true};
  const Project project = open(false);
  EXPECT_THROW(project.connect(false), Failure);
  EXPECT_EQ(project.connect(false)->backend().pid, 1);
}

TEST_F(OpenConnected, NothingStaysConnectedWhenTheMigrationsCannotBeRead) {
  options.embedded.clear();
  options.directory = "/nonexistent/migrations";
  EXPECT_THROW(open(false), Failure);
  EXPECT_EQ(database.log, std::vector<std::string>{"close 1"});
}

}  // namespace
}  // namespace dunlin::app
