// Whether what has been rolled out works, as far as its pods tell.
#pragma once

#include <string>
#include <vector>

#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/survey.h"

namespace dunlin::manager {

// Why the workloads that the Migrator selects may have to go back yet: one is paused, or wants pods and none of them is
// ready. Empty: nothing speaks for it.
std::string why_undecided(const Migrator&, const std::vector<WorkloadPods>&);

}  // namespace dunlin::manager
