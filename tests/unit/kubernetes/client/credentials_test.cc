#include "kubernetes/client/credentials.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "dunlin/error.h"
#include "kubernetes/client/exec_plugin.h"

namespace dunlin::kubernetes {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class HandClock final : public Clock {
 public:
  Steady now() const override { return Steady{} + passed; }
  std::chrono::system_clock::time_point wall_now() const override {
    return std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(passed);
  }
  bool sleep(std::chrono::milliseconds, const Interrupt*) override { return false; }
  std::chrono::nanoseconds passed{0};
};

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() { std::filesystem::create_directories(folder_); }
  ~CredentialsTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
    return folder_ / name;
  }

  static std::string authorization(Credentials& credentials) {
    for (const auto& [name, value] : credentials.access().headers) {
      if (name == "Authorization") return value;
    }
    return {};
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("dunlin-credentials-{}", ::getpid());
  HandClock clock_;
};

TEST_F(CredentialsTest, ATokenIsReadAgainAfterItsTimeAndKeptWhenItsFileIsGone) {
  const std::string file = write("token", "one\n");
  Credentials credentials({.server = "http://x", .token = {.text = {}, .file = file}}, clock_);
  EXPECT_EQ(authorization(credentials), "Bearer one");
  write("token", "two");
  clock_.passed += 49s;
  EXPECT_EQ(authorization(credentials), "Bearer one");
  clock_.passed += 2s;
  EXPECT_EQ(authorization(credentials), "Bearer two");
  std::filesystem::remove(file);
  clock_.passed += 51s;
  EXPECT_EQ(authorization(credentials), "Bearer two");
}

TEST_F(CredentialsTest, WithoutATokenFileThereIsNothingToBeKept) {
  Credentials credentials({.server = "http://x", .token = {.text = {}, .file = "/nowhere"}}, clock_);
  EXPECT_THROW(credentials.access(), Failure);
}

TEST_F(CredentialsTest, UserAndPassword) {
  Credentials credentials({.server = "http://x", .user = "me", .password = "pw"}, clock_);
  EXPECT_EQ(authorization(credentials), "Basic bWU6cHc=");
}

TEST_F(CredentialsTest, APluginRunsWithoutAShellUntilItsCredentialEnds) {
  const std::string plugin = write("plugin", R"(#!/bin/sh
echo run >>"$COUNT"
test "$1" = '$HOME;x' || exit 3
case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 4 ;; esac
n=$(wc -l <"$COUNT")
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",
       "status":{"token":"t'$n'","expirationTimestamp":"2026-01-01T00:10:00Z"}}'
)");
  ClusterConfig config{.server = "http://x"};
  config.exec = {.api_version = "client.authentication.k8s.io/v1",
                 .command = plugin,
                 .arguments = {"$HOME;x"},
                 .environment = {{"COUNT", folder_ / "count"}},
                 .may_ask = false};
  Credentials credentials(std::move(config), clock_);
  EXPECT_EQ(authorization(credentials), "Bearer t1");
  clock_.passed += 9min;
  EXPECT_EQ(authorization(credentials), "Bearer t1");
  credentials.refused();
  EXPECT_EQ(authorization(credentials), "Bearer t2");
  clock_.passed += 1min;
  EXPECT_EQ(authorization(credentials), "Bearer t3");
}

TEST_F(CredentialsTest, APluginThatFailsSaysWhichAndNothingOfWhatItPrinted) {
  ClusterConfig config{.server = "http://x"};
  config.exec = {.api_version = "v1", .command = write("plugin", "#!/bin/sh\necho s3cret; exit 7\n"), .may_ask = false};
  Credentials credentials(config, clock_);
  try {
    credentials.access();
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(),
                testing::AllOf(HasSubstr("plugin: it failed with exit code 7"), testing::Not(HasSubstr("s3cret"))));
  }
}

TEST(ExecCredential, Mistakes) {
  const auto message = [](std::string_view printed) -> std::string {
    try {
      parse_exec_credential(printed, "v1");
    } catch (const Failure& failure) {
      return failure.what();
    }
    return {};
  };
  EXPECT_EQ(message("nothing"), "what it printed is no ExecCredential");
  EXPECT_EQ(message(R"({"kind":"ExecCredential","apiVersion":"v2"})"), "it answers with another version than v1");
  EXPECT_EQ(message(R"({"kind":"ExecCredential","apiVersion":"v1","status":{}})"),
            "its credential has neither a token nor a certificate");
  EXPECT_EQ(message(R"({"kind":"ExecCredential","apiVersion":"v1","status":{"clientCertificateData":"x"}})"),
            "its credential has a certificate or a key, but not both");
  EXPECT_EQ(
      message(R"({"kind":"ExecCredential","apiVersion":"v1","status":{"token":"x","expirationTimestamp":"soon"}})"),
      "its expirationTimestamp is no time");
}

}  // namespace
}  // namespace dunlin::kubernetes
