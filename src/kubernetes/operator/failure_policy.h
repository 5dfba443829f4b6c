// What becomes of a migration whose Job has given up: when it is tried again, and what makes it start anew.
#pragma once

#include <string>

#include "kubernetes/operator/migrated.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/survey.h"

namespace dunlin::manager {

// One more failure of the Job's identity. The Job is made again after 1, 2, 4, 8 and 16 minutes, and then no more;
// never when it is `hopeless`.
void record_failure(MigratorStatus&, const EndedJob&, bool hopeless, const std::string& detail, kubernetes::Time now);

// The same, of one failure.
void count_failure(FailedRun&, const EndedJob&, bool hopeless, const std::string& detail, kubernetes::Time now);

// Nothing keeps this identity from being tried now.
bool is_due(const MigratorStatus&, const std::string& identity, kubernetes::Time now);
bool is_due(const FailedRun&, kubernetes::Time now);

// Makes due what has failed:
// - all of it, when the Migrator's retry annotation has another value than the one that was heard last;
void hear_retry(const Migrator&, kubernetes::Time now, MigratorStatus&);
// - what the Migrator's spec, or the template, would now build another Job for;
void restart_changed(const Migrator&, const Survey&, kubernetes::Time now, MigratorStatus&);
// - what somebody has deleted the failed Job of. To be called when there is no Job.
void notice_deleted_jobs(kubernetes::Time now, MigratorStatus&);
void notice_deleted_job(kubernetes::Time now, FailedRun&);
// - what was asked for before it was recorded.
void try_at_once(FailedRun&, kubernetes::Time now);
// Makes one of them due if the Job would now be built as `config`.
void restart_if_changed(std::string config, kubernetes::Time now, FailedRun&);

// We take this Job away ourselves.
void mark_job_deleted(const std::string& job_uid, MigratorStatus&);

// Drops what is no longer wanted, but for the failure of the Job `job_uid`, which is still there to be seen.
void forget_failures(const Survey&, const std::string& job_uid, MigratorStatus&);

// A digest of what the Job for `wanted` would be built as.
std::string config_of(const Migrator&, const Wanted& wanted);

}  // namespace dunlin::manager
