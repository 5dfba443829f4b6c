#include "kubernetes/program/manager_flags.h"

#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin::program {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ManagerFlags : public testing::Test {
 protected:
  manager::OperatorOptions read(std::vector<std::string> words) const {
    return read_manager_options(words, [this](std::string_view name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::string() : found->second;
    });
  }

  std::string refusal(std::vector<std::string> words) const {
    try {
      read(std::move(words));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().kind, ErrorKind::usage);
      return failure.what();
    }
    return "none";
  }

  std::map<std::string, std::string, std::less<>> variables{{"API_HOSTNAME", "api:5000"},
                                                            {"WAITER_IMAGE", "operator:1"}};
};

// Every way in which Go's package `flag` takes them.
TEST_F(ManagerFlags, AreGosFlags) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"-metrics-addr", ":1", "-enable-leader-election"},
        {"--metrics-addr=:1", "--enable-leader-election=true"},
        {"-metrics-addr=:1", "--enable-leader-election"}}) {
    EXPECT_EQ(read(words).metrics_address, ":1");
    EXPECT_TRUE(read(words).leader_election);
  }
  EXPECT_EQ(read({}).metrics_address, ":8080");
  EXPECT_FALSE(read({"--enable-leader-election=false"}).leader_election);
}

TEST_F(ManagerFlags, TheOldOnesVariablesCount) {
  variables["API_LISTEN"] = ":5001";
  EXPECT_EQ(read({}).api_hostname, "api:5000");
  EXPECT_EQ(read({}).waiter_image, "operator:1");
  EXPECT_EQ(read({}).api_address, ":5001");
  EXPECT_EQ(read({"--api-addr", ":5002"}).api_address, ":5002");
}

TEST_F(ManagerFlags, SayWhatIsWrongAndWhere) {
  EXPECT_EQ(refusal({"--no-such"}), "there is no flag --no-such");
  EXPECT_EQ(refusal({"--metrics-addr"}), "--metrics-addr wants a value: HOST:PORT");
  EXPECT_EQ(refusal({"--enable-leader-election=perhaps"}),
            "--enable-leader-election: \"perhaps\" is neither true nor false");
  EXPECT_EQ(refusal({"--log-level", "loud"}), "--log-level: \"loud\" is not one of error, warning, info, debug");
  EXPECT_THAT(refusal({"--waiter-user", "0"}), HasSubstr("root may not be"));
  EXPECT_EQ(refusal({"--copy-user", "nobody"}), "--copy-user: \"nobody\" is no user's number; root may not be");
  EXPECT_THAT(refusal({"--waiter-timeout", "soon"}), HasSubstr("--waiter-timeout: "));
  EXPECT_EQ(refusal({"word"}), "\"word\" is no flag");
  variables.erase("API_HOSTNAME");
  EXPECT_EQ(refusal({}), "API_HOSTNAME is not set: waiters would not know whom to ask");
}

TEST_F(ManagerFlags, ConfigurationsMayBeSeveral) {
  const auto options = read({"--webhook-configuration", "a,validating/b", "--webhook-configuration=c"});
  EXPECT_THAT(options.webhook_configurations, ElementsAre("a", "validating/b", "c"));
}

TEST_F(ManagerFlags, AreAllDescribed) {
  manager::OperatorOptions options;
  const auto flags = manager_flags(options);
  const std::string text = describe(flags);
  for (const GoFlag& flag : flags) EXPECT_THAT(text, HasSubstr(fmt::format("--{}", flag.name)));
}

}  // namespace
}  // namespace dunlin::program
