#include "kubernetes/operator/migrated.h"

#include <algorithm>

#include "kubernetes/client/object.h"
#include "kubernetes/operator/job.h"
#include "kubernetes/operator/keys.h"

namespace dunlin::manager {
namespace {

using kubernetes::Time;

constexpr std::size_t kIdentitiesKept = 10;
constexpr std::size_t kRunsKept = 10;

}  // namespace

EndedJob read_ended_job(const kubernetes::Json& job, Time now) {
  const auto time = [&](std::string_view name) {
    return kubernetes::parse_time(kubernetes::text(kubernetes::field(job, "status", name))).value_or(now);
  };
  return {.identity = kubernetes::annotation(job, kIdentity),
          .image = job_image(job),
          .workload = kubernetes::annotation(job, kWorkload),
          .uid = kubernetes::uid_of(job),
          .config = job_config(job),
          .started = time("startTime"),
          .finished = time("completionTime")};
}

void record_success(MigratorStatus& status, const EndedJob& job, Time now) {
  std::erase_if(status.migrated, [&](const Migrated& old) { return old.identity == job.identity; });
  std::erase_if(status.failures, [&](const FailedRun& old) { return old.identity == job.identity; });
  status.migrated.insert(status.migrated.begin(), {.identity = job.identity,
                                                   .image = job.image,
                                                   .time = now,
                                                   .origin = Migrated::Origin::run,
                                                   .workload = job.workload,
                                                   .job_uid = job.uid});
  status.last_successful_migration = job.image;
  add_to_history(status, job, true);
}

void record_also_as(MigratorStatus& status, const std::string& identity) {
  if (status.migrated.empty() || status.migrated.front().identity == identity) return;
  Migrated alias = status.migrated.front();
  alias.identity = identity;
  std::erase_if(status.migrated, [&](const Migrated& old) { return old.identity == identity; });
  status.migrated.insert(status.migrated.begin() + 1, std::move(alias));
}

void record_without_job(MigratorStatus& status, Migrated::Origin origin, const std::string& identity,
                        const std::string& image, const std::string& workload, Time now) {
  if (status.find_migrated(identity) != nullptr) return;
  status.migrated.insert(
      status.migrated.begin(),
      {.identity = identity, .image = image, .time = now, .origin = origin, .workload = workload, .job_uid = {}});
}

void forget_old(MigratorStatus& status, const std::set<std::string>& needed) {
  std::size_t place = 0;
  std::erase_if(status.migrated,
                [&](const Migrated& entry) { return place++ >= kIdentitiesKept && !needed.contains(entry.identity); });
}

void add_to_history(MigratorStatus& status, const EndedJob& job, bool succeeded, bool contract) {
  // g++ 12 sees a null pointer in the growing of insert() that is not there.
  status.history.push_back({.identity = job.identity,
                            .image = job.image,
                            .job_uid = job.uid,
                            .succeeded = succeeded,
                            .contract = contract,
                            .started = job.started,
                            .finished = job.finished});
  std::ranges::rotate(status.history, status.history.end() - 1);
  if (status.history.size() > kRunsKept) status.history.resize(kRunsKept);
}

}  // namespace dunlin::manager
