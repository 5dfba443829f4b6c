// The decision: from what there is, what is done next. Pure; the controller reads, calls this, and does as it says.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "kubernetes/operator/action.h"
#include "kubernetes/operator/database_order.h"
#include "kubernetes/operator/lock_holder.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/survey.h"
#include "kubernetes/operator/verdict.h"

namespace dunlin::manager {

// Everything may come out of caches that lag behind, but for `lock_holders`, and for the contract's Job if
// needs_live_contract_job().
struct Situation {
  const Migrator* migrator = nullptr;
  // Of all pods that its selector matches, and of workloads without pods whose template it matches.
  std::vector<WorkloadPods> workloads;
  // For spec.database, read behind the pods: what is asked for by any of them is not newer.
  std::optional<DatabaseOrder> database;
  std::vector<OwnedJob> jobs;
  // Of its Jobs, also of those that are gone.
  std::vector<const PodView*> migration_pods;
  // The other Migrators of its lock group with a Job that occupies_lock(), or a pod that outlives its Job. Read from
  // the API server itself, and no other of the group may decide between this reading and the creation of a Job.
  std::vector<LockHolder> lock_holders;
  kubernetes::Time now;
};

// To be carried out in this order, each only when what stands before it has succeeded:
//
// 1. The status is written if `writes`, with the resourceVersion of the Migrator that was decided on. A conflict
//    means that something has changed: read again, decide again. This is what keeps an operator with an old view,
//    or one that has lost its lease, from starting what has been done.
// 2. The action. 404 and 409 mean the same. But a Job that may not be created, or whose name is taken by one that
//    is not the Migrator's: create_refused().
// 3. The events.
//
// Being killed anywhere between does no harm: the next decision takes up from what is there.
struct Decision {
  bool writes = false;
  MigratorStatus status;
  Action action;
  std::vector<Event> events;
  // When to decide again if nothing happens before.
  std::optional<std::chrono::seconds> again_in;
};

// A contract Job may have been made that no cache has seen, and whether older versions may start depends on it: what
// `jobs` says of it (job_name.h) has to be read from the API server itself.
bool needs_live_contract_job(const Migrator&);

// Never throws for what a Situation holds.
Decision decide(const Situation&);

// What to write and to tell when the API server would not make the Job of `decision`.
Decision create_refused(const Decision& decision, const Migrator&, const std::string& error, kubernetes::Time now);

}  // namespace dunlin::manager
