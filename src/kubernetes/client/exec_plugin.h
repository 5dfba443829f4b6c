// Programs that print a credential: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "kubernetes/client/cluster_config.h"

namespace dunlin::kubernetes {

struct ExecCredential {
  std::string token;
  std::string certificate;  // PEM
  std::string key;          // PEM
  std::optional<std::chrono::system_clock::time_point> ends;
};

// Runs the plugin without a shell; what it says on stderr goes to ours. Throws Failure (config), which shows nothing of
// what it printed.
ExecCredential run_exec_plugin(const ClusterConfig&);

// What it printed, as `api_version` wants it. Throws Failure (config).
ExecCredential parse_exec_credential(std::string_view text, std::string_view api_version);

}  // namespace dunlin::kubernetes
