#include "kubernetes/operator/contract.h"

#include <algorithm>

#include <fmt/format.h>

#include "kubernetes/operator/contract_target.h"
#include "kubernetes/operator/contract_verdict.h"
#include "kubernetes/operator/failure_policy.h"
#include "kubernetes/operator/job.h"
#include "kubernetes/operator/job_name.h"
#include "kubernetes/operator/job_outcome.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/lingering.h"
#include "kubernetes/operator/migrated.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::Time;
using std::chrono::seconds;
using Progress = Contract::State;
using State = JobOutcome::State;

class ContractDecider {
 public:
  ContractDecider(const ContractSituation& situation, MigratorStatus& status)
      : situation_(situation),
        migrator_(*situation.migrator),
        job_(situation.job == nullptr ? nullptr : situation.job->object),
        now_(situation.now),
        status_(status) {}

  ContractStep run() {
    if (situation_.is_known) find_target();
    if (job_ == nullptr) {
      without_job();
    } else {
      adopt_job();
      with_job();
    }
    return std::move(step_);
  }

 private:
  // ---- whether it may run ----

  void find_target() {
    if (!migrator_.spec.contract_command) {
      target_.obstacle = "there is no spec.contractCommand any more";
    } else if (situation_.is_migrating) {
      target_.obstacle = "a migration has to end first";
    } else {
      target_ = contract_target(migrator_, *situation_.survey, status_);
      version_ = target_.wanted;
    }
    // What has been contracted stays so. Before that, nothing may close the way back of a version that does not work.
    const bool is_done = version_ != nullptr && status_.contract && status_.contract->state == Progress::done &&
                         status_.contract->identity == version_->identity();
    if (version_ != nullptr && !is_done && !situation_.survey->undecided.empty())
      target_ = {.wanted = nullptr, .obstacle = situation_.survey->undecided};
    const bool is_counting = status_.contract && status_.contract->state != Progress::done;
    if (target_.wanted == nullptr && is_counting) status_.contract->since.reset();
  }

  bool is_cancelled() const { return situation_.is_known && target_.wanted == nullptr; }
  bool is_target(const std::string& identity) const {
    return target_.wanted != nullptr && target_.wanted->identity() == identity;
  }

  JobOrder order() const {
    JobOrder order = target_.wanted->order;
    order.is_contract = true;
    return order;
  }
  // Its author has mended what it is made from.
  bool has_changed() const {
    return is_target(status_.contract->identity) && authors_config(job_config(*job_)) != authors_config(config());
  }
  std::string config() const { return job_config(build_job(migrator_, order())); }

  // Of the present target, which is that of the status. Says what it waits for.
  bool is_due() {
    Contract& contract = *status_.contract;
    if (!contract.since) contract.since = now_;
    const auto after = std::chrono::ceil<seconds>(migrator_.spec.contract_after);
    if (*contract.since + after > now_)
      return wait(*contract.since + after, contract_due_at(contract.identity, *contract.since + after));
    if (contract.failure) {
      if (!contract.failure->config.empty()) restart_if_changed(config(), now_, *contract.failure);
      if (!manager::is_due(*contract.failure, now_)) return wait(contract.failure->next_try, failure_verdict());
    }
    if (migrator_.spec.contract_by_hand && migrator_.contract_approved != contract.identity)
      return wait({}, contract_needs_approval(migrator_, contract.identity));
    if (migrator_.spec.suspend) return wait({}, contract_suspended(contract.identity));
    if (!migrator_.spec.lock_group.empty() && !situation_.lock_holders->empty())
      return wait(now_ + kLockPoll, contract_waits_for_lock(contract.identity, migrator_.spec.lock_group,
                                                            situation_.lock_holders->front()));
    return true;
  }

  // No pod of an earlier Job is left that may still write.
  bool is_quiet() {
    return situation_.lingering.empty() ||
           wait(now_ + kLockPoll, contract_waits_for_pod(status_.contract->identity, situation_.lingering));
  }

  bool wait(std::optional<Time> until, Verdict verdict) {
    if (until) step_.again_in = std::max(std::chrono::ceil<seconds>(*until - now_), seconds(1));
    step_.verdict = std::move(verdict);
    return false;
  }

  // ---- without a Job ----

  void without_job() {
    if (!situation_.is_known) return;
    if (status_.contract && status_.contract->failure) notice_deleted_job(now_, *status_.contract->failure);
    if (target_.wanted == nullptr) {
      if (situation_.lingering.empty()) withdraw_contract(status_);
      if (migrator_.spec.contract_command) step_.verdict = contract_held_up(held_up());
      return;
    }
    const std::string& identity = target_.wanted->identity();
    if (!status_.contract || status_.contract->identity != identity) {
      const bool done = status_.find_migrated(identity)->contracted;
      status_.contract = Contract{.identity = identity, .state = done ? Progress::done : Progress::waiting};
    }
    if (status_.contract->state == Progress::done) {
      step_.verdict = contracted(identity);
    } else if (is_due() && is_quiet()) {
      start();
    }
  }

  std::string held_up() const { return fmt::format("The contract command is not run now: {}", target_.obstacle); }

  void start() {
    if (!situation_.may_act) return decide_again();
    Contract& contract = *status_.contract;
    contract.state = Progress::started;
    // An earlier one may have been given up for a version that has since been left again.
    contract.begun |=
        std::ranges::find(status_.migrated, contract.identity, &Migrated::retired_by) != status_.migrated.end();
    retire_others();
    step_.action = CreateJob{build_job(migrator_, order())};
    const Verdict verdict = contract_started(job_text(), contract.identity);
    step_.events.push_back(event_of(verdict));
    // Where the last one was refused, this one may be.
    const Condition* before = status_.conditions.find("Contracted");
    if (before == nullptr || before->reason != kContractCreateError) step_.verdict = verdict;
  }

  void retire_others() {
    const CurrentVersion current(migrator_, *situation_.survey);
    for (Migrated& entry : status_.migrated) {
      if (entry.retired_by.empty() && !current.has(entry.identity)) entry.retired_by = status_.contract->identity;
    }
  }

  // ---- with a Job ----

  // Of a status that was lost, or written before a creation of which nobody heard that it went well.
  void adopt_job() {
    const std::string& identity = kubernetes::annotation(*job_, kIdentity);
    const auto& contract = status_.contract;
    const bool is_recorded = contract && contract->state == Progress::done && contract->job_uid == uid();
    const bool is_started = contract && contract->state == Progress::started && contract->identity == identity;
    if (is_recorded || is_started) return;
    status_.contract = Contract{.identity = identity, .state = Progress::started};
    if (version_ != nullptr && version_->identity() == identity) retire_others();
  }

  void with_job() {
    Contract& contract = *status_.contract;
    const JobOutcome outcome = job_outcome(*job_, situation_.job->pods, migrator_.spec.log_tail, now_);
    if (outcome.state == State::succeeded) return with_success();
    contract.begun |= outcome.begun || (outcome.state == State::failed && situation_.job->pods.empty());
    // It may still run.
    if (kubernetes::is_being_deleted(*job_)) return with_going_job();
    const bool recorded = contract.failure && contract.failure->job_uid == uid();
    switch (outcome.state) {
      case State::idle:
      case State::running: return with_unfinished_job(outcome);
      case State::failing:
        if (is_cancelled() || outcome.hopeless || recorded || situation_.is_asked || has_changed())
          return with_failure(outcome, recorded);
        return say_failed(contract_failed(job_text(), contract.identity, outcome.detail));
      case State::failed:
        // Its pod is about to be seen, with the reason.
        if (outcome.unexplained && !recorded) return wait_a_second();
        return with_failure(outcome, recorded);
      case State::succeeded: return;
    }
  }

  void with_going_job() {
    const std::string late = overdue(situation_.job->pods, now_);
    step_.again_in = kLockPoll;
    if (!late.empty()) step_.verdict = contract_running(job_text(), status_.contract->identity, late);
  }

  void with_unfinished_job(const JobOutcome& outcome) {
    const std::string& identity = status_.contract->identity;
    if (is_cancelled() && !outcome.begun) {
      if (!delete_job(kubernetes::resource_version_of(*job_), true)) return;
      return tell(contract_cancelled(job_text(), target_.obstacle));
    }
    const bool changed = outcome.state == State::idle && is_target(identity) && job_config(*job_) != config();
    if (changed) {
      delete_job(kubernetes::resource_version_of(*job_), true);
      return;
    }
    if (!outcome.begun) step_.again_in = kPatience;
    step_.verdict = contract_running(job_text(), identity, outcome.detail);
  }

  void with_success() {
    Contract& contract = *status_.contract;
    if (contract.state != Progress::done) {
      contract.state = Progress::done;
      contract.begun = true;
      contract.time = now_;
      contract.job_uid = uid();
      contract.failure.reset();
      for (Migrated& entry : status_.migrated) {
        const bool is_it = entry.identity == contract.identity ||
                           (target_.wanted != nullptr && situation_.survey->wants(entry.identity));
        if (is_it) entry.contracted = true;
      }
      add_to_history(status_, read_ended_job(*job_, now_), true, true);
      tell(contracted(contract.identity));
      return decide_again();
    }
    if (kubernetes::is_being_deleted(*job_)) return;
    if (is_cancelled() && migrator_.spec.contract_command) step_.verdict = contract_held_up(held_up());
    const bool is_left = target_.wanted != nullptr && !is_target(contract.identity);
    const Time keep_until = contract.time.value_or(now_) + migrator_.spec.ttl_after_finished;
    if (keep_until <= now_ || is_left) {
      delete_job({}, false);
    } else {
      step_.again_in = std::chrono::ceil<seconds>(keep_until - now_);
    }
  }

  void with_failure(const JobOutcome& outcome, bool recorded) {
    Contract& contract = *status_.contract;
    if (!recorded) {
      if (!contract.failure) contract.failure = FailedRun{.identity = contract.identity};
      const EndedJob job = read_ended_job(*job_, now_);
      count_failure(*contract.failure, job, outcome.hopeless, outcome.detail, now_);
      if (situation_.is_asked) try_at_once(*contract.failure, now_);
      add_to_history(status_, job, false, true);
      tell(failure_verdict());
      return decide_again();
    }
    step_.verdict = failure_verdict();
    const bool goes_on = outcome.state == State::failing;
    const bool is_left = target_.wanted != nullptr && !is_target(contract.identity);
    const bool is_next = is_target(contract.identity) && is_due() && is_quiet();
    const bool is_given_up = situation_.is_known && !migrator_.spec.contract_command;
    if (is_left || is_next || is_given_up) {
      if (delete_job(goes_on ? kubernetes::resource_version_of(*job_) : std::string{}, goes_on))
        contract.failure->job_deleted = true;
    } else if (goes_on && kubernetes::integer(field(*job_, "spec", "parallelism"), 1) != 0) {
      if (!situation_.may_act) return decide_again();
      step_.action = StopJob{
          .name = kubernetes::name_of(*job_), .uid = uid(), .resource_version = kubernetes::resource_version_of(*job_)};
    }
  }

  bool delete_job(std::string resource_version, bool foreground) {
    if (!situation_.may_act) {
      decide_again();
      return false;
    }
    step_.action = DeleteJob{.name = kubernetes::name_of(*job_),
                             .uid = uid(),
                             .resource_version = std::move(resource_version),
                             .foreground = foreground};
    return true;
  }

  // ---- what there is to say ----

  Verdict failure_verdict() const {
    const FailedRun& failure = *status_.contract->failure;
    return failure.next_try ? contract_failed_and_due(job_text(), failure.identity, failure.detail, *failure.next_try)
                            : contract_failed_for_good(migrator_, job_text(), failure.identity, failure.detail);
  }

  // Each failure once.
  void say_failed(Verdict verdict) {
    const Condition* before = status_.conditions.find("Contracted");
    if (before == nullptr || before->reason != verdict.reason || before->message != verdict.message)
      return tell(std::move(verdict));
    step_.verdict = std::move(verdict);
  }

  void tell(Verdict verdict) {
    step_.events.push_back(event_of(verdict));
    step_.verdict = std::move(verdict);
  }

  void wait_a_second() { step_.again_in = seconds(1); }
  void decide_again() { step_.again_in = seconds(0); }

  const std::string& uid() const { return kubernetes::uid_of(*job_); }
  std::string job_text() const {
    return fmt::format("{}/{}", migrator_.namespace_name, contract_job_name(migrator_.name));
  }

  const ContractSituation& situation_;
  const Migrator& migrator_;
  const Json* job_;
  const Time now_;
  MigratorStatus& status_;
  // What there is to contract to; and the same once it works.
  const Wanted* version_ = nullptr;
  ContractTarget target_;
  ContractStep step_;
};

}  // namespace

ContractStep decide_contract(const ContractSituation& situation, MigratorStatus& status) {
  return ContractDecider(situation, status).run();
}

const OwnedJob* find_contract_job(const Migrator& migrator, const std::vector<OwnedJob>& jobs) {
  const std::string name = contract_job_name(migrator.name);
  const auto found = std::ranges::find_if(jobs, [&](const OwnedJob& job) {
    return kubernetes::name_of(*job.object) == name && kubernetes::annotation(*job.object, kPhase) == kContractPhase;
  });
  return found == jobs.end() ? nullptr : &*found;
}

bool is_contracting(const OwnedJob* job) {
  return job != nullptr && occupies_lock(*job->object, job->pods);
}

void withdraw_contract(MigratorStatus& status) {
  auto& contract = status.contract;
  if (!contract || contract->state != Progress::started || contract->begun) return;
  contract->state = Progress::waiting;
  for (Migrated& entry : status.migrated) {
    if (entry.retired_by == contract->identity) entry.retired_by.clear();
  }
}

void hear_rollback(const Migrator& migrator, MigratorStatus& status) {
  if (status.rollback_allowed == migrator.rollback_allowed) return;
  status.rollback_allowed = migrator.rollback_allowed;
  // What stands behind the identity only makes it another value than before.
  const std::string_view identity =
      std::string_view(migrator.rollback_allowed).substr(0, migrator.rollback_allowed.find(' '));
  for (Migrated& entry : status.migrated) {
    if (entry.identity == identity) entry.retired_by.clear();
  }
}

}  // namespace dunlin::manager
