#include "kubernetes/operator/failure_policy.h"

#include <algorithm>

#include "kubernetes/operator/job.h"

namespace dunlin::manager {
namespace {

using kubernetes::Time;

constexpr int kRetries = 5;

void start_anew(FailedRun& failure, Time now) {
  failure.attempts = 0;
  failure.next_try = now;
}

}  // namespace

void record_failure(MigratorStatus& status, const EndedJob& job, bool hopeless, const std::string& detail, Time now) {
  auto found = std::ranges::find(status.failures, job.identity, &FailedRun::identity);
  if (found == status.failures.end()) found = status.failures.insert(found, {.identity = job.identity});
  count_failure(*found, job, hopeless, detail, now);
  add_to_history(status, job, false);
}

void count_failure(FailedRun& failure, const EndedJob& job, bool hopeless, const std::string& detail, Time now) {
  ++failure.attempts;
  failure.config = job.config;
  failure.job_uid = job.uid;
  failure.job_deleted = false;
  failure.time = now;
  failure.detail = detail;
  failure.next_try.reset();
  if (!hopeless && failure.attempts <= kRetries)
    failure.next_try = now + std::chrono::minutes(1U << static_cast<unsigned>(failure.attempts - 1));
}

bool is_due(const MigratorStatus& status, const std::string& identity, Time now) {
  const FailedRun* failure = status.find_failure(identity);
  return failure == nullptr || is_due(*failure, now);
}

bool is_due(const FailedRun& failure, Time now) {
  return failure.next_try && *failure.next_try <= now;
}

void hear_retry(const Migrator& migrator, Time now, MigratorStatus& status) {
  if (status.retried == migrator.retry) return;
  status.retried = migrator.retry;
  for (FailedRun& failure : status.failures) start_anew(failure, now);
  if (status.contract && status.contract->failure) start_anew(*status.contract->failure, now);
}

void try_at_once(FailedRun& failure, Time now) {
  start_anew(failure, now);
}

void restart_changed(const Migrator& migrator, const Survey& survey, Time now, MigratorStatus& status) {
  for (FailedRun& failure : status.failures) {
    const auto wanted = std::ranges::find(survey.wanted, failure.identity, &Wanted::identity);
    if (wanted == survey.wanted.end() || failure.config.empty()) continue;
    restart_if_changed(config_of(migrator, *wanted), now, failure);
  }
}

void restart_if_changed(std::string config, Time now, FailedRun& failure) {
  if (authors_config(config) == authors_config(failure.config)) return;
  failure.config = std::move(config);
  start_anew(failure, now);
}

void notice_deleted_jobs(Time now, MigratorStatus& status) {
  for (FailedRun& failure : status.failures) notice_deleted_job(now, failure);
}

void notice_deleted_job(Time now, FailedRun& failure) {
  if (failure.job_uid.empty() || failure.job_deleted) return;
  failure.job_deleted = true;
  // Who deletes the Job that was the last wants a new one, and all that comes with it.
  if (!failure.next_try) failure.attempts = 0;
  failure.next_try = now;
}

void mark_job_deleted(const std::string& job_uid, MigratorStatus& status) {
  for (FailedRun& failure : status.failures) {
    if (failure.job_uid == job_uid) failure.job_deleted = true;
  }
}

void forget_failures(const Survey& survey, const std::string& job_uid, MigratorStatus& status) {
  if (survey.wanted.empty()) return;
  std::erase_if(status.failures, [&](const FailedRun& failure) {
    const bool still_there = !job_uid.empty() && failure.job_uid == job_uid;
    return !still_there && !survey.wants(failure.identity);
  });
}

std::string config_of(const Migrator& migrator, const Wanted& wanted) {
  return job_config(build_job(migrator, wanted.order));
}

}  // namespace dunlin::manager
