#include "kubernetes/client/exec_plugin.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/descriptor.h"
#include "dunlin/error.h"
#include "kubernetes/client/object.h"

namespace dunlin::kubernetes {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1024} * 1024;

Json exec_info(const ClusterConfig& config, bool interactive) {
  Json info{
      {"apiVersion", config.exec->api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", interactive}}}};
  if (config.exec->provide_cluster_info) {
    Json cluster{{"server", config.server}};
    if (!config.server_name.empty()) cluster["tls-server-name"] = config.server_name;
    if (!config.verify) cluster["insecure-skip-tls-verify"] = true;
    if (!config.authorities.empty()) cluster["certificate-authority-data"] = encode_base64(config.authorities.read());
    if (!config.proxy.empty()) cluster["proxy-url"] = config.proxy;
    info["spec"]["cluster"] = std::move(cluster);
  }
  return info;
}

// "NAME=value" each: ours, with those of `added` in their place.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable(*each);
    const bool replaced = std::ranges::any_of(added, [&](const auto& pair) {
      return variable.starts_with(pair.first) && variable.substr(pair.first.size()).starts_with('=');
    });
    if (!replaced) variables.emplace_back(variable);
  }
  for (const auto& [name, value] : added) variables.push_back(fmt::format("{}={}", name, value));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string read_all(int from) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    if (text.size() < kMostBytes) text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int exit_status(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

[[noreturn]] void fail(const ExecPlugin& plugin, std::string_view why) {
  throw Failure(ErrorKind::config, fmt::format("the exec plugin {}: {}", plugin.command, why), plugin.install_hint);
}

}  // namespace

ExecCredential run_exec_plugin(const ClusterConfig& config) {
  const ExecPlugin& plugin = *config.exec;
  const bool interactive = plugin.may_ask && ::isatty(STDIN_FILENO) == 1;
  if (plugin.must_ask && !interactive) fail(plugin, "it wants a terminal, and there is none");
  auto added = plugin.environment;
  added.emplace_back("KUBERNETES_EXEC_INFO", line_of(exec_info(config, interactive)));
  std::vector<std::string> variables = environment_with(added);
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());

  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Failure(ErrorKind::io, std::strerror(errno));
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writing.number(), STDOUT_FILENO);
  if (!interactive) ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t child = 0;
  const int refused = ::posix_spawnp(&child, plugin.command.c_str(), &actions, nullptr, pointers_to(words).data(),
                                     pointers_to(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (refused != 0) fail(plugin, std::strerror(refused));
  writing.close();
  const std::string printed = read_all(reading.number());
  if (const int status = exit_status(child); status != 0)
    fail(plugin, fmt::format("it failed with exit code {}", status));
  try {
    return parse_exec_credential(printed, plugin.api_version);
  } catch (const Failure& failure) {
    fail(plugin, failure.what());
  }
}

ExecCredential parse_exec_credential(std::string_view printed, std::string_view api_version) {
  const Json document = Json::parse(printed, nullptr, false);
  if (text(field(document, "kind")) != "ExecCredential") {
    throw Failure(ErrorKind::config, "what it printed is no ExecCredential");
  }
  if (text(field(document, "apiVersion")) != api_version) {
    throw Failure(ErrorKind::config, fmt::format("it answers with another version than {}", api_version));
  }
  const Json& status = field(document, "status");
  ExecCredential credential{.token = text(field(status, "token")),
                            .certificate = text(field(status, "clientCertificateData")),
                            .key = text(field(status, "clientKeyData")),
                            .ends = std::nullopt};
  if (credential.token.empty() && credential.certificate.empty()) {
    throw Failure(ErrorKind::config, "its credential has neither a token nor a certificate");
  }
  if (credential.certificate.empty() != credential.key.empty()) {
    throw Failure(ErrorKind::config, "its credential has a certificate or a key, but not both");
  }
  if (const std::string& ends = text(field(status, "expirationTimestamp")); !ends.empty()) {
    credential.ends = parse_time(ends);
    if (!credential.ends) throw Failure(ErrorKind::config, "its expirationTimestamp is no time");
  }
  return credential;
}

}  // namespace dunlin::kubernetes
