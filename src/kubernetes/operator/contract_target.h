// Which identity the contract command may be run for: the one that everything is of.
#pragma once

#include <set>
#include <string>

#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/survey.h"

namespace dunlin::manager {

// What is wanted now, under all its names.
class CurrentVersion {
 public:
  CurrentVersion(const Migrator&, const Survey&);

  // Workloads want different versions, or one wants two digests of a tag.
  bool is_split() const { return split_; }
  bool has(const std::string& identity) const;

 private:
  std::string version_of(const std::string& identity) const;

  Trigger trigger_;
  std::string version_;
  std::set<std::string> names_;
  bool split_ = false;
};

struct ContractTarget {
  // Null when there is none at present.
  const Wanted* wanted = nullptr;
  // Why.
  std::string obstacle;
};

// The newest identity that has been migrated to, if it alone is wanted and every live pod has it. Nothing less proves
// that nobody uses what the contract command takes away.
ContractTarget contract_target(const Migrator&, const Survey&, const MigratorStatus&);

}  // namespace dunlin::manager
