// What the pods of a Migrator ask for, and what their workloads would make now.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "kubernetes/operator/database_order.h"
#include "kubernetes/operator/job.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/pod_view.h"
#include "kubernetes/operator/workload.h"

namespace dunlin::manager {

// A workload and its pods; without any it is one that has none at present.
struct WorkloadPods {
  Workload workload;
  std::vector<const PodView*> pods;
};

// An identity that the present template of a workload has.
struct Wanted {
  JobOrder order;
  // What its Job runs.
  std::string image;
  // The names of all workloads that have it.
  std::vector<std::string> workloads;
  // When the newest of their pods was made.
  kubernetes::Time newest;
  // It is of interest only once this identity has been migrated to; empty: in any case.
  std::string after;

  const std::string& identity() const { return order.identity; }
};

// An identity that a pod has, or asks for.
struct Seen {
  std::string identity;
  std::string image;
  std::string workload;
};

struct Survey {
  // The newest first. Refers to the workloads it was made from.
  std::vector<Wanted> wanted;
  // What pods ask for that were made from a present template. It need not be what the template has: images are
  // rewritten, and the templateSelector may leave a workload out.
  std::vector<Seen> present;
  // What left-over pods have that work.
  std::vector<Seen> proven;
  // The identities of all live pods.
  std::set<std::string> live;
  // Why nothing is wanted although there are pods; empty when that is no question.
  std::string problem;
  // Why it is not known yet whether what is wanted works, or empty: rollout.h.
  std::string undecided;

  bool wants(const std::string& identity) const;
};

// Pods that the Migrator does not select, that have ended, are about to go or are a migration's own do not count.
Survey survey(const Migrator&, const std::vector<WorkloadPods>&);

// The same of a Migrator with spec.database: what is wanted is what the order says, and pods only wait for it.
Survey survey_database(const Migrator&, const DatabaseOrder&, const std::vector<WorkloadPods>&);

}  // namespace dunlin::manager
