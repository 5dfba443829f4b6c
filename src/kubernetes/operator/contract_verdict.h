// What there is to say about a contract command: the condition Contracted, and its events. `ready` says whether it has
// been run.
#pragma once

#include <string_view>

#include "kubernetes/client/time.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/verdict.h"

namespace dunlin::manager {

// In all of them: `job` is namespace/name, `identity` what is contracted to, `detail` what is worth adding, or empty.

// Not before what stands in the way has gone.
Verdict contract_held_up(std::string_view why);
Verdict contract_due_at(std::string_view identity, kubernetes::Time due);
// With the command that approves of it.
Verdict contract_needs_approval(const Migrator&, std::string_view identity);
Verdict contract_suspended(std::string_view identity);
Verdict contract_waits_for_lock(std::string_view identity, std::string_view group, const LockHolder& holder);
// A pod of an earlier Job may still run.
Verdict contract_waits_for_pod(std::string_view identity, std::string_view detail);
Verdict contract_started(std::string_view job, std::string_view identity);
Verdict contract_running(std::string_view job, std::string_view identity, std::string_view detail);
Verdict contract_cancelled(std::string_view job, std::string_view why);
// A pod of it failed, and the Job may try another.
Verdict contract_failed(std::string_view job, std::string_view identity, std::string_view detail);
// The Job has given up, and is made again later.
Verdict contract_failed_and_due(std::string_view job, std::string_view identity, std::string_view detail,
                                kubernetes::Time next_try);
// The Job has given up, and so have we. With the command that tries again.
Verdict contract_failed_for_good(const Migrator&, std::string_view job, std::string_view identity,
                                 std::string_view detail);
Verdict contract_create_failed(std::string_view error);
Verdict contracted(std::string_view identity);

// Of the migrations: what is wanted is older than what the contract command of `by` has left.
Verdict rollback_behind_contract(const Migrator&, std::string_view identity, std::string_view by);
// Of the migrations: `image` is next, and the contract command of another one runs.
Verdict waits_for_contract(std::string_view image, std::string_view job, std::string_view detail);

}  // namespace dunlin::manager
