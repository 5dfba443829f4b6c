// Pods of migrations that outlive their Job: it has given up, and they still end; or somebody has deleted it.
#pragma once

#include <string>
#include <vector>

#include "kubernetes/client/time.h"
#include "kubernetes/operator/action.h"

namespace dunlin::manager {

// Of `pods`, which are of a Migrator's Jobs, those that may_run() although their Job has ended or is not among `jobs`.
// The next migration has to wait for them: they may still write.
std::vector<const PodView*> lingering(const std::vector<OwnedJob>& jobs, const std::vector<const PodView*>& pods);

// What the first of those that may_run() is about: "pod web-migrations-x on node n1 still runs". Empty without any.
std::string still_running(const std::vector<const PodView*>&, kubernetes::Time now);

// The first that should have ended a while ago, and what to do about it: its node may be gone, which the API server
// does not know. Empty without any.
std::string overdue(const std::vector<const PodView*>&, kubernetes::Time now);

}  // namespace dunlin::manager
