// A Migrator as the operator sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kubernetes/client/object.h"
#include "kubernetes/operator/migrator_spec.h"
#include "kubernetes/operator/migrator_status.h"

namespace dunlin::manager {

struct Migrator {
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  kubernetes::Time created;
  kubernetes::StringMap labels;
  // The value of the retry annotation.
  std::string retry;
  // Identities, as people have annotated them: whose contract command may run, and which may start in spite of one.
  std::string contract_approved;
  std::string rollback_allowed;
  bool being_deleted = false;
  // Somebody has told the operator to keep its hands off.
  bool skipped = false;

  // Its status is in an annotation, because its definition drops what it does not know (status_record.h).
  bool status_kept = false;

  MigratorSpec spec;
  // What is wrong with the spec; nothing is run as long as there is anything.
  std::vector<std::string> problems;
  MigratorStatus status;

  bool selects(const kubernetes::StringMap& pod_labels) const {
    return spec.selector && spec.selector->matches(pod_labels);
  }
};

// Never fails: what is wrong is in `problems`.
Migrator read_migrator(const kubernetes::Json& object);

}  // namespace dunlin::manager
