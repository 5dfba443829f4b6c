#include "kubernetes/client/kubeconfig.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin::kubernetes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Kubeconfig : public testing::Test {
 protected:
  Kubeconfig() { std::filesystem::create_directories(folder_); }
  ~Kubeconfig() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }

  static Error error_of(const std::vector<std::string>& files) {
    try {
      read_kubeconfig(files);
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "it was read";
    return {};
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("dunlin-kubeconfig-{}", ::getpid());
};

constexpr std::string_view kContexts = R"(
contexts:
- name: prod
  context: {cluster: c, user: u, namespace: shop}
- name: other
  context: {cluster: c2, user: u2}
)";

TEST_F(Kubeconfig, EverythingThatKubectlKnows) {
  const ClusterConfig config = read_kubeconfig({file("config", std::string(kContexts) + R"(
current-context: prod
clusters:
- name: c
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority-data: Q0E=
    tls-server-name: kubernetes
    insecure-skip-tls-verify: false
users:
- name: u
  user:
    client-certificate: pki/me.crt
    client-key: /abs/me.key
    token: 123
    as: somebody
    as-groups: [one, two]
)")});
  EXPECT_EQ(config.server, "https://10.0.0.1:6443");
  EXPECT_EQ(config.authorities.text, "CA");
  EXPECT_EQ(config.server_name, "kubernetes");
  EXPECT_TRUE(config.verify);
  EXPECT_EQ(config.certificate.file, folder_ / "pki/me.crt");
  EXPECT_EQ(config.key.file, "/abs/me.key");
  EXPECT_EQ(config.token.text, "123");
  EXPECT_EQ(config.name_space, "shop");
  EXPECT_THAT(config.impersonation,
              ElementsAre(testing::Pair("Impersonate-User", "somebody"), testing::Pair("Impersonate-Group", "one"),
                          testing::Pair("Impersonate-Group", "two")));
}

TEST_F(Kubeconfig, OfSeveralFilesTheFirstThatNamesSomethingCounts) {
  const std::string first = file("first", R"(
current-context: other
clusters: [{name: c2, cluster: {server: "https://first"}}]
)");
  const std::string second = file("second", std::string(kContexts) + R"(
current-context: prod
clusters: [{name: c2, cluster: {server: "https://second"}}]
users: [{name: u2, user: {username: me, password: pw}}]
)");
  const ClusterConfig config = read_kubeconfig({folder_ / "missing", first, second});
  EXPECT_EQ(config.server, "https://first");
  EXPECT_EQ(config.user + config.password, "mepw");
}

TEST_F(Kubeconfig, JsonIsYaml) {
  EXPECT_EQ(read_kubeconfig({file("json", R"({"current-context":"a","contexts":[{"name":"a","context":{"cluster":"b"}}],
    "clusters":[{"name":"b","cluster":{"server":"http://x"}}]})")})
                .server,
            "http://x");
}

TEST_F(Kubeconfig, AnExecPlugin) {
  const ClusterConfig config = read_kubeconfig({file("exec", std::string(kContexts) + R"(
current-context: prod
clusters: [{name: c, cluster: {server: "https://x"}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/get-token
      args: [--cluster, x]
      env: [{name: A, value: b}]
      interactiveMode: Never
      provideClusterInfo: true
)")});
  ASSERT_TRUE(config.exec);
  EXPECT_EQ(config.exec->command, folder_ / "./bin/get-token");
  EXPECT_THAT(config.exec->arguments, ElementsAre("--cluster", "x"));
  EXPECT_THAT(config.exec->environment, ElementsAre(testing::Pair("A", "b")));
  EXPECT_TRUE(config.exec->provide_cluster_info);
  EXPECT_FALSE(config.exec->may_ask);
}

TEST_F(Kubeconfig, MistakesNameTheirPlaceAndShowNoSecret) {
  const auto at = [&](const std::string& rest) { return error_of({file("bad", std::string(kContexts) + rest)}); };
  EXPECT_THAT(at("").message, HasSubstr("names no current context"));
  EXPECT_THAT(at("current-context: nothing").message, HasSubstr("no context \"nothing\""));
  EXPECT_THAT(at("current-context: prod").message, HasSubstr("no cluster \"c\""));
  const Error yaml = at("users: [{name: u, user: {token: s3cret");
  EXPECT_THAT(yaml.message, testing::AllOf(HasSubstr("no YAML"), testing::Not(HasSubstr("s3cret"))));
  EXPECT_GT(yaml.where.line, 1);
  const Error type = at("current-context: prod\nclusters: [{name: c, cluster: {server: [s3cret]}}]");
  EXPECT_EQ(type.message, "\"server\" should be a text");
  EXPECT_EQ(type.where.line, 8);
  EXPECT_EQ(type.where.file, folder_ / "bad");
  const Error data =
      at("current-context: prod\nclusters: [{name: c, cluster: {server: x, certificate-authority-data: '%'}}]");
  EXPECT_THAT(data.message, HasSubstr("is no base64"));
}

}  // namespace
}  // namespace dunlin::kubernetes
