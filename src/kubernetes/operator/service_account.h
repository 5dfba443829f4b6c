// The token that the API server mounts into every container.
#pragma once

#include "kubernetes/client/object.h"

namespace dunlin::manager {

inline bool is_service_account_mount(const kubernetes::Json& mount) {
  return kubernetes::text(kubernetes::field(mount, "mountPath")) == "/var/run/secrets/kubernetes.io/serviceaccount";
}

}  // namespace dunlin::manager
