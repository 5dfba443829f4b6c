// Where a cluster's API server is, and how it and we know each other.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dunlin::kubernetes {

// A text that is given, or stands in a file that somebody may replace while we run.
struct TextSource {
  std::string text;
  std::string file;

  bool empty() const { return text.empty() && file.empty(); }
  // Throws Failure (config) when the file cannot be read.
  std::string read() const;
};

// A program that prints a credential (client.authentication.k8s.io).
struct ExecPlugin {
  std::string api_version;
  std::string command;  // as execvp() takes it, or relative to the kubeconfig's folder when it holds a slash
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
  bool provide_cluster_info = false;
  bool may_ask = true;  // interactiveMode is not Never: it gets our stdin when that is a terminal
  bool must_ask = false;
  std::string install_hint;
};

struct ClusterConfig {
  std::string server;  // a URL
  TextSource authorities;
  bool verify = true;
  std::string server_name;  // whom the certificate is to name; empty: the URL's host
  std::string proxy;        // a URL; empty: none

  TextSource certificate;
  TextSource key;  // a secret, as what follows
  TextSource token;
  std::string user;
  std::string password;
  std::optional<ExecPlugin> exec;
  std::vector<std::pair<std::string, std::string>> impersonation;  // headers

  std::string name_space;  // the default one; empty where nothing says
};

// A pod's own, from the service account that is mounted; empty outside a cluster. Throws Failure (config).
std::optional<ClusterConfig> in_cluster_config(
    const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

// The one that `kubectl` would use: the file of --kubeconfig (`given`, may be empty), those of $KUBECONFIG, the pod's
// own, ~/.kube/config. Throws Failure (config), which names the file.
ClusterConfig find_cluster_config(const std::string& given);

}  // namespace dunlin::kubernetes
