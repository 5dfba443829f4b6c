// The init container that holds a pod back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kubernetes/operator/migrator.h"

namespace dunlin::manager {

struct WaiterOptions {
  std::string image;
  // Where the ready API is: "host:port".
  std::string host;
  std::string pull_policy = "IfNotPresent";
  // The user it runs as. Not set: the image's own, or the pod's. A mesh can let a certain user's traffic pass.
  std::optional<std::int64_t> run_as_user;
  // Further arguments, such as "--timeout=10m".
  std::vector<std::string> arguments;
  // A proof for the ready API that this pod may ask; without it, and where it is empty, none is given.
  std::function<std::string(const Migrator&, const std::string& identity)> token;
  // What a Migrator with spec.database is to migrate to now; asked of those only. May throw Failure.
  std::function<std::string(const Migrator&)> database_identity;
};

// For a pod with this spec, to wait for this Migrator. It passes the restricted Pod Security Standard and a quota, and
// leaves a pod with guaranteed resources what it is.
kubernetes::Json waiter_container(const Migrator&, const kubernetes::Json& pod_spec, const WaiterOptions&);

}  // namespace dunlin::manager
