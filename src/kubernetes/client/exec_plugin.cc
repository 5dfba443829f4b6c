#include "kubernetes/client/exec_plugin.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/child_process.h"
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

[[noreturn]] void fail(const ExecPlugin& plugin, std::string_view why) {
  throw Failure(ErrorKind::config, fmt::format("the exec plugin {}: {}", plugin.command, why), plugin.install_hint);
}

std::string output_of(const ExecPlugin& plugin, std::vector<std::string> words, std::vector<std::string> environment,
                      bool may_ask) try {
  ChildProcess child({.words = std::move(words), .environment = std::move(environment), .may_ask = may_ask});
  std::string printed = read_all(child.output());
  if (const int status = child.wait(); status != 0) fail(plugin, fmt::format("it failed with exit code {}", status));
  return printed;
} catch (const std::system_error& error) {
  fail(plugin, error.code().message());
}

}  // namespace

ExecCredential run_exec_plugin(const ClusterConfig& config) {
  const ExecPlugin& plugin = *config.exec;
  const bool interactive = plugin.may_ask && ::isatty(STDIN_FILENO) == 1;
  if (plugin.must_ask && !interactive) fail(plugin, "it wants a terminal, and there is none");
  auto added = plugin.environment;
  added.emplace_back("KUBERNETES_EXEC_INFO", line_of(exec_info(config, interactive)));
  std::vector<std::string> words{plugin.command};
  words.insert(words.end(), plugin.arguments.begin(), plugin.arguments.end());
  const std::string printed = output_of(plugin, std::move(words), environment_with(added), interactive);
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
