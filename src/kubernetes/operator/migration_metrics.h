// What there is to count and to measure of migrations.
#pragma once

#include <map>
#include <mutex>

#include "base/exposition.h"
#include "base/histogram.h"
#include "kubernetes/operator/informers.h"

namespace dunlin::manager {

// Any thread may call any of it.
class MigrationMetrics {
 public:
  // A Job's end was recorded.
  void ran(const Migrator&, const Run&);
  // There is no such Migrator any more.
  void forget(const kubernetes::ObjectKey& migrator);

  // Of these Migrators, with what they and the pods say besides. What has not ended yet is counted as 0: a first
  // failure has to be an increase.
  void write(Exposition&, const Informers::Migrators&, const Informers::Pods&) const;

 private:
  struct Runs {
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    Histogram duration{1, 5, 15, 30, 60, 120, 300, 600, 1'800, 3'600, 7'200};
  };

  mutable std::mutex mutex_;
  std::map<kubernetes::ObjectKey, Runs> runs_;
};

// What the API server does not let the operator see.
void write_refusals(Exposition&, const Informers&);

}  // namespace dunlin::manager
