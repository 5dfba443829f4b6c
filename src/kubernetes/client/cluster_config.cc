#include "kubernetes/client/cluster_config.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/text_file.h"
#include "dunlin/error.h"
#include "kubernetes/client/kubeconfig.h"
#include "net/address.h"

namespace dunlin::kubernetes {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::vector<std::string> split_path_list(const std::string& list) {
  std::vector<std::string> paths;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    if (end > at) paths.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return paths;
}

}  // namespace

std::string TextSource::read() const {
  if (file.empty()) return text;
  if (auto found = read_text_file(file)) return std::move(*found);
  throw Failure(ErrorKind::config, fmt::format("{} does not exist", file));
}

std::optional<ClusterConfig> in_cluster_config(const std::string& folder) {
  net::Address server{.host = variable("KUBERNETES_SERVICE_HOST"), .port = 0};
  const std::string port = variable("KUBERNETES_SERVICE_PORT");
  if (server.host.empty() || port.empty()) return std::nullopt;
  ClusterConfig config;
  config.token.file = folder + "/token";
  if (!std::filesystem::exists(config.token.file)) return std::nullopt;
  config.server = fmt::format("https://{}:{}",
                              server.host.find(':') == std::string::npos ? server.host : "[" + server.host + "]", port);
  config.authorities.file = folder + "/ca.crt";
  if (const auto text = read_text_file(folder + "/namespace")) config.name_space = *text;
  return config;
}

ClusterConfig find_cluster_config(const std::string& given) {
  if (!given.empty()) {
    if (!std::filesystem::exists(given)) throw Failure(ErrorKind::config, fmt::format("{} does not exist", given));
    return read_kubeconfig({given});
  }
  if (const std::string list = variable("KUBECONFIG"); !list.empty()) return read_kubeconfig(split_path_list(list));
  if (auto config = in_cluster_config()) return std::move(*config);
  const std::string home = variable("HOME") + "/.kube/config";
  if (std::filesystem::exists(home)) return read_kubeconfig({home});
  throw Failure(ErrorKind::config, "there is no cluster: this is no pod, and there is no kubeconfig",
                "set KUBECONFIG, or give --kubeconfig FILE");
}

}  // namespace dunlin::kubernetes
