// The Job of a migration.
#pragma once

#include <string>

#include "kubernetes/client/json.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/workload.h"

namespace dunlin::manager {

// The name of the one container in a Job's pods that runs the migration.
inline constexpr const char* kMigrationContainer = "migrations";

struct JobOrder {
  // What it migrates to; goes with the Job to be recorded when it has succeeded.
  std::string identity;
  // In place of the template container's, when it is not empty. spec.image counts more.
  std::string image;
  const Workload* workload = nullptr;
  // It runs spec.contractCommand, and nothing else of it is different.
  bool is_contract = false;
};

// A pod like those of the workload, with one container. Unknown fields come along, native sidecars and init containers
// do; waiters, sidecars, probes, lifecycle hooks and host ports stay behind: they would keep it from starting or from
// ending. Throws Failure (config) when the template has no such container.
kubernetes::Json build_job(const Migrator&, const JobOrder&);

// Of a Job, whoever made it.
const std::string& job_image(const kubernetes::Json& job);
// A digest of what it was built as; empty on Jobs of migrations-operator.
const std::string& job_config(const kubernetes::Json& job);
// The part of it that the Migrator and its workload decide: another version of the operator builds the same.
std::string_view authors_config(std::string_view config);

}  // namespace dunlin::manager
