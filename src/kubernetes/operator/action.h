// What a decision does to a Job.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "kubernetes/client/json.h"
#include "kubernetes/operator/pod_view.h"

namespace dunlin::manager {

// A Job that the Migrator controls, and the pods there are of it.
struct OwnedJob {
  const kubernetes::Json* object = nullptr;
  std::vector<const PodView*> pods;
};

struct CreateJob {
  kubernetes::Json job;
};

// With `uid`, and `resource_version` where it is set, as preconditions.
struct DeleteJob {
  std::string name;
  std::string uid;
  // Set when it goes because nothing of it runs: it may have begun meanwhile.
  std::string resource_version;
  // Its name is free only when its pods are gone.
  bool foreground = false;
};

// spec.parallelism becomes 0: it is kept for its reader, and tries no other pod. With preconditions as above.
struct StopJob {
  std::string name;
  std::string uid;
  std::string resource_version;
};

using Action = std::variant<std::monostate, CreateJob, DeleteJob, StopJob>;

}  // namespace dunlin::manager
