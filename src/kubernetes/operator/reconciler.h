// Brings one Migrator a step further: reads what there is, decides, and does what was decided.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kubernetes/operator/decide.h"
#include "kubernetes/operator/informers.h"
#include "kubernetes/operator/lock_groups.h"
#include "kubernetes/operator/status_record.h"

namespace dunlin::manager {

struct Reconciled {
  enum class Result {
    done,     // wait for what happens next, or for `again_in`
    stale,    // something was not as our copies said: try again soon
    refused,  // the API server would not have the Job: try again, later and later
  };
  Result result = Result::done;
  std::optional<std::chrono::milliseconds> again_in;
};

// Any thread may call it, but not two for the same Migrator.
class Reconciler {
 public:
  // Told of each Job whose end was recorded, and of what there is to tell people. On the thread that reconciles.
  using OnRun = std::function<void(const Migrator&, const Run&)>;
  using OnEvent = std::function<void(const Migrator&, const Event&)>;

  Reconciler(kubernetes::ApiClient&, const Informers&, DatabaseImages, OnRun, OnEvent, Clock& = Clock::real());

  // Throws Failure (connect, timeout, interrupted).
  Reconciled reconcile(const kubernetes::ObjectKey&);

 private:
  struct Gathered;

  Reconciled bring_on(const Migrator&, Gathered&);
  Gathered gather(const Migrator&) const;
  void read_contract_job(const Migrator&, std::vector<kubernetes::Json>& jobs) const;
  kubernetes::Json fetch(const kubernetes::Reference&) const;
  Reconciled carry_out(const Migrator&, const Decision&);
  Reconciled create(const Migrator&, const Decision&, const CreateJob&, const std::string& resource_version);
  bool remove(const Migrator&, const DeleteJob&);
  bool stop(const Migrator&, const StopJob&);
  void tell(const Migrator&, const std::vector<Event>&) const;
  kubernetes::Time now() const;

  bool is_behind(const Migrator&) const;
  void remember(const Migrator&, const std::string& written_version);

  kubernetes::ApiClient& api_;
  const Informers& informers_;
  const DatabaseImages images_;
  const OnRun on_run_;
  const OnEvent on_event_;
  Clock& clock_;
  LockGroups lock_groups_;
  StatusRecord status_record_;

  mutable std::mutex mutex_;
  // By uid, the resourceVersion that our last write replaced: a copy that still has it is behind.
  std::map<std::string, std::string> replaced_;
};

}  // namespace dunlin::manager
