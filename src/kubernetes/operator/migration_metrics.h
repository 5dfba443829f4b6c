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

  // With what the Migrators and pods of now say besides.
  void write(Exposition&, const Informers&) const;

 private:
  struct Runs {
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    Histogram duration{1, 5, 15, 30, 60, 120, 300, 600, 1'800, 3'600, 7'200};
  };

  mutable std::mutex mutex_;
  std::map<kubernetes::ObjectKey, Runs> runs_;
};

}  // namespace dunlin::manager
