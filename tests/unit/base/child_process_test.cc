#include "base/child_process.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <gtest/gtest.h>

namespace dunlin {
namespace {

std::string all_of(const ChildProcess& child) {
  std::string text;
  std::array<char, 64> buffer;
  for (ssize_t got = 0; (got = ::read(child.output(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  return text;
}

struct Ended {
  std::string output;
  int code = 0;
};

Ended run(const std::string& script, std::optional<std::vector<std::string>> environment = std::nullopt) {
  ChildProcess child({.words = {"sh", "-c", script}, .environment = std::move(environment), .may_ask = false});
  std::string output = all_of(child);
  return {std::move(output), child.wait()};
}

TEST(ChildProcess, GivesWhatItPrintsAndHowItEnds) {
  const Ended ended = run("echo here; exit 3");
  EXPECT_EQ(ended.output, "here\n");
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(run("kill -9 $$").code, 128 + 9);
}

TEST(ChildProcess, ReadsNothingWhereItMayNotAsk) {
  EXPECT_EQ(run("cat; echo done").output, "done\n");
}

TEST(ChildProcess, HasTheEnvironmentThatIsGivenOrOurs) {
  EXPECT_EQ(run("echo $HERE$HOME", {{"HERE=yes"}}).output, "yes\n");
  ::setenv("DUNLIN_TEST_OF_CHILDREN", "ours", 1);
  EXPECT_EQ(run("echo $DUNLIN_TEST_OF_CHILDREN").output, "ours\n");
  ::unsetenv("DUNLIN_TEST_OF_CHILDREN");
}

TEST(ChildProcess, OneThatIsNotThereIsAnError) {
  try {
    const ChildProcess child({.words = {"there-is-no-such-program"}});
    FAIL() << "it was started";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOENT);
  }
}

TEST(ChildProcess, OneThatWritesOnEndsWithItsOwner) {
  const ChildProcess child({.words = {"yes"}});
}

}  // namespace
}  // namespace dunlin
