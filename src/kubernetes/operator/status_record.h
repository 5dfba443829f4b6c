// Writes a Migrator's status where it is kept.
//
// A cluster may still have migrations-operator's definition of the kind, which drops every field of the status that it
// does not know. Then all of it is kept as an annotation besides, and the condition `Upgraded` says how to end that.
#pragma once

#include <atomic>
#include <string>

#include "base/clock.h"
#include "kubernetes/client/api_client.h"
#include "kubernetes/operator/migrator.h"

namespace dunlin::manager {

// Any thread may call any of it.
class StatusRecord {
 public:
  explicit StatusRecord(kubernetes::ApiClient& api, Clock& clock = Clock::real()) : api_(api), clock_(clock) {}

  // The status that the Migrator of this resourceVersion is to have. Gives the resourceVersion it then has, and nothing
  // when somebody else has changed or deleted the Migrator since. Throws Failure (connect, timeout, interrupted).
  //
  // What is there already is not written again. Killed on its way, it has written nothing that counts before the rest:
  // an annotation that is there goes before the status.
  std::optional<std::string> write(const Migrator&, const std::string& resource_version, const MigratorStatus&);

  // The definition drops what it does not know.
  bool degraded() const { return degraded_; }

 private:
  kubernetes::Json patch_of(const Migrator&, const std::string& resource_version, const MigratorStatus&) const;
  std::optional<kubernetes::Json> apply(const Migrator&, const kubernetes::Json& patch);
  std::optional<std::string> annotate(const Migrator&, const std::string& resource_version,
                                      const kubernetes::Json& kept);

  kubernetes::ApiClient& api_;
  Clock& clock_;
  std::atomic<bool> degraded_ = false;
  // When that was found out, for the condition.
  std::atomic<std::int64_t> degraded_since_ = 0;
};

}  // namespace dunlin::manager
