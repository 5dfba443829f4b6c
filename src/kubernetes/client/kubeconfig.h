// kubeconfig files: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
#pragma once

#include <string>
#include <vector>

#include "kubernetes/client/cluster_config.h"

namespace dunlin::kubernetes {

// The context `context`, or the current one, of several files taken together: of what two of them name, the first
// counts; paths in a file are relative to its folder. A file that does not exist counts as empty. Throws Failure
// (config), which names the file and the line, and shows nothing of what stands there.
ClusterConfig read_kubeconfig(const std::vector<std::string>& files, const std::string& context = {});

}  // namespace dunlin::kubernetes
