// Migrators that take turns.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kubernetes/client/api_client.h"
#include "kubernetes/operator/lock_holder.h"
#include "kubernetes/operator/migrator.h"

namespace dunlin::manager {

// Any thread may call any of it.
class LockGroups {
 public:
  explicit LockGroups(kubernetes::ApiClient& api) : api_(api) {}

  // Nobody else of the Migrator's group decides while this is held.
  std::unique_lock<std::mutex> enter(const Migrator&);

  // The others of its group with a Job that occupies the lock, or with a pod that has outlived it, by what the API
  // server itself says now. Throws Failure (connect, timeout, interrupted).
  std::vector<LockHolder> holders(const Migrator&, kubernetes::Time now) const;

 private:
  kubernetes::ApiClient& api_;
  std::mutex mutex_;
  // As many as there are groups; nobody makes them up by the thousand.
  std::map<std::pair<std::string, std::string>, std::unique_ptr<std::mutex>> groups_;
};

}  // namespace dunlin::manager
