// The list of what has been migrated to.
#pragma once

#include <set>
#include <string>

#include "kubernetes/operator/migrator_status.h"

namespace dunlin::manager {

// A Job whose end is to be recorded.
struct EndedJob {
  std::string identity;
  std::string image;
  std::string workload;
  std::string uid;
  // Empty on Jobs of migrations-operator.
  std::string config;
  kubernetes::Time started;
  kubernetes::Time finished;
};

// The identity is what the operator has written on the Job: empty on Jobs of migrations-operator. Times that the Job
// does not have are `now`.
EndedJob read_ended_job(const kubernetes::Json& job, kubernetes::Time now);

// As the newest. What was noted of earlier failures of the identity is void.
void record_success(MigratorStatus&, const EndedJob&, kubernetes::Time now);

// The Job that was recorded last is known under this identity, too.
void record_also_as(MigratorStatus&, const std::string& identity);

// An identity that needs no Job, unless it is there already.
void record_without_job(MigratorStatus&, Migrated::Origin, const std::string& identity, const std::string& image,
                        const std::string& workload, kubernetes::Time now);

// Keeps the newest ten identities, and those of `needed`.
void forget_old(MigratorStatus&, const std::set<std::string>& needed);

// As the newest of the last ten runs.
void add_to_history(MigratorStatus&, const EndedJob&, bool succeeded, bool contract = false);

}  // namespace dunlin::manager
