// Which workloads there are behind the pods of a namespace.
#pragma once

#include <functional>
#include <vector>

#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/survey.h"

namespace dunlin::manager {

// An object by its reference, whatever its version; null when it is not there or may not be read. Throws Failure when
// that cannot be found out.
using FetchObject = std::function<kubernetes::Json(const kubernetes::Reference&)>;

// A pod that lives, is no migration's own, and is selected.
bool is_about(const Migrator&, const PodView&);

// The workloads of those of `pods` that the Migrator selects, and, without pods, those of `lasting` that have none but
// would make some that it selects: rollouts that are stuck, replicas at 0. The result refers to `pods`.
std::vector<WorkloadPods> find_workloads(const Migrator&, const std::vector<const PodView*>& pods,
                                         const std::vector<kubernetes::Json>& lasting, const FetchObject& fetch);

}  // namespace dunlin::manager
