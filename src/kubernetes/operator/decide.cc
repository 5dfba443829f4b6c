#include "kubernetes/operator/decide.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/redact.h"
#include "kubernetes/operator/contract.h"
#include "kubernetes/operator/contract_verdict.h"
#include "kubernetes/operator/failure_policy.h"
#include "kubernetes/operator/image_reference.h"
#include "kubernetes/operator/job_name.h"
#include "kubernetes/operator/job_outcome.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/lingering.h"
#include "kubernetes/operator/migrated.h"
#include "kubernetes/operator/pending.h"
#include "kubernetes/operator/run_report.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::integer;
using kubernetes::Json;
using kubernetes::text;
using kubernetes::Time;
using State = JobOutcome::State;

class Decider {
 public:
  explicit Decider(const Situation& situation)
      : situation_(situation),
        migrator_(*situation.migrator),
        // What is written in whole seconds has to be compared in whole seconds.
        now_(std::chrono::floor<std::chrono::seconds>(situation.now)),
        status_(migrator_.status) {}

  Decision run() {
    if (migrator_.skipped || migrator_.being_deleted) return {.status = status_};
    status_.observed_generation = migrator_.generation;
    find_job();
    if (migrator_.problems.empty()) look_around();
    if (job_ == nullptr) {
      without_job();
    } else {
      with_job();
    }
    with_contract();
    return finish();
  }

 private:
  // ---- what there is ----

  void find_job() {
    const std::string name = job_name(migrator_.name);
    for (const OwnedJob& owned : situation_.jobs) {
      if (kubernetes::name_of(*owned.object) != name) continue;
      job_ = owned.object;
      job_pods_ = owned.pods;
    }
    if (job_ != nullptr) outcome_ = job_outcome(*job_, job_pods_, migrator_.spec.log_tail, now_);
    contract_job_ = find_contract_job(migrator_, situation_.jobs);
    lingering_ = still_running(lingering(situation_.jobs, situation_.migration_pods), now_);
  }

  void look_around() {
    survey_ = situation_.database ? survey_database(migrator_, *situation_.database, situation_.workloads)
                                  : survey(migrator_, situation_.workloads);
    for (const Seen& seen : survey_.proven) {
      if (!survey_.wants(seen.identity))
        record_without_job(status_, Migrated::Origin::adopted, seen.identity, seen.image, seen.workload, now_);
    }
    // While a pod of it runs nothing can be tried again: what somebody has asked for is heard when it has ended.
    const bool has_not_ended = job_ != nullptr && (outcome_.state == State::running || outcome_.unexplained);
    is_asked_ = status_.retried != migrator_.retry && !has_not_ended;
    if (is_asked_) hear_retry(migrator_, now_, status_);
    hear_rollback(migrator_, status_);
    restart_changed(migrator_, survey_, now_, status_);
    forget_failures(survey_, job_ == nullptr ? std::string{} : kubernetes::uid_of(*job_), status_);
    if (job_ == nullptr) notice_deleted_jobs(now_, status_);
  }

  EndedJob ended_job() const {
    EndedJob job = read_ended_job(*job_, now_);
    // What it runs is always the admin image.
    if (migrator_.spec.database && !job.identity.empty()) job.image = job.identity;
    if (!job.identity.empty()) return job;
    // Of migrations-operator: it has an image and nothing else.
    job.identity = job.image;
    for (const Wanted& wanted : survey_.wanted) {
      if (wanted.image != job.image) continue;
      job.identity = wanted.identity();
      job.workload = wanted.workloads.front();
      break;
    }
    return job;
  }

  std::string job_text() const { return fmt::format("{}/{}", migrator_.namespace_name, job_name(migrator_.name)); }

  std::string contract_job_text() const {
    return fmt::format("{}/{}", migrator_.namespace_name, contract_job_name(migrator_.name));
  }

  // ---- what is to be done ----

  void without_job() {
    if (!migrator_.problems.empty()) return say(in_error(fmt::format("{}", fmt::join(migrator_.problems, "; "))));
    if (!survey_.problem.empty()) return say(in_error(survey_.problem));
    if (survey_.wanted.empty()) return say_nothing_matches();
    const Wanted* next = next_to_run();
    if (next == nullptr) return say_what_is_left();
    if (migrator_.spec.suspend) return say(suspended(next->image));
    if (is_contracting(contract_job_)) return wait_for_contract(*next);
    if (is_locked()) return wait_for_lock(*next);
    if (!lingering_.empty()) return wait_for_pod(*next, lingering_);
    decision_.action = CreateJob{build_job(migrator_, next->order)};
    const Verdict verdict = started(job_text(), next->image);
    decision_.events.push_back(event_of(verdict));
    // Where the last one was refused, this one may be: a condition that goes to and fro tells nobody anything.
    const Condition* before = status_.conditions.find("MigrationsReady");
    if (before == nullptr || before->reason != kCreateError) say(verdict);
  }

  void with_job() {
    const JobOutcome& outcome = outcome_;
    if (outcome.state == State::succeeded) return with_success();
    // It may still run: its name is not free, and nobody knows yet how it ends.
    if (kubernetes::is_being_deleted(*job_)) return with_going_job();
    const EndedJob job = ended_job();
    const bool recorded = status_.recorded_failure(job.uid);
    const bool gives_way = !survey_.wanted.empty() && !survey_.wants(job.identity) && next_to_run() != nullptr;
    switch (outcome.state) {
      case State::idle: return with_idle_job(job, outcome);
      case State::running:
        if (gives_way && migrator_.spec.supersede) return delete_stale(job, {});
        if (!outcome.begun) decision_.again_in = kPatience;
        return say(running(job_text(), job.image, outcome.detail.empty() ? survey_.problem : outcome.detail));
      case State::failing:
        if (gives_way || outcome.hopeless || recorded || is_asked_ || has_changed(job))
          return with_failure(job, outcome, recorded);
        return tell_once(failed(job_text(), job.image, outcome.detail));
      case State::failed:
        if (outcome.unexplained && !recorded) {
          decision_.again_in = std::chrono::seconds(1);
          return;
        }
        return with_failure(job, outcome, recorded);
      case State::succeeded: return;
    }
  }

  void with_going_job() {
    const Wanted* next = next_to_run();
    if (next == nullptr) return;
    decision_.again_in = kLockPoll;
    if (const std::string late = overdue(job_pods_, now_); !late.empty()) wait_for_pod(*next, late);
  }

  void with_success() {
    const EndedJob job = ended_job();
    if (!status_.recorded_success(job.uid)) {
      if (report_may_come(job)) {
        decision_.again_in = std::chrono::seconds(1);
        return;
      }
      record_success(status_, job, now_);
      record_digest();
      const Wanted* next = next_to_run();
      tell(next == nullptr ? succeeded(job_text(), job.image)
                           : succeeded_with_more(job_text(), job.image, next->image));
      admit_present();
      decision_.again_in = std::chrono::seconds(0);
      return;
    }
    admit_present();
    if (kubernetes::is_being_deleted(*job_)) return;
    const auto recorded = std::ranges::find(status_.migrated, job.uid, &Migrated::job_uid);
    const Time keep_until = recorded->time + migrator_.spec.ttl_after_finished;
    if (keep_until <= now_ || may_run_next()) return delete_job({}, false);
    decision_.again_in = std::chrono::ceil<std::chrono::seconds>(keep_until - now_);
    say_what_is_next();
  }

  // What it has applied is in its pod, which goes with it and may lag behind.
  bool report_may_come(const EndedJob& job) const {
    const bool has_time = !text(field(*job_, "status", "completionTime")).empty();
    const bool is_recent = now_ - job.finished < kPodsLag && job.finished - now_ < kPodsLag;
    if (!migrator_.spec.database || kubernetes::is_being_deleted(*job_) || !has_time || !is_recent) return false;
    return std::ranges::none_of(job_pods_, [](const PodView* pod) { return pod->phase == PodPhase::succeeded; });
  }

  // Where the newest of its pods that could tell has left the schema.
  void record_schema() {
    if (!migrator_.spec.database) return status_.database.reset();
    std::vector<const PodView*> pods = job_pods_;
    if (contract_job_ != nullptr) pods.insert(pods.end(), contract_job_->pods.begin(), contract_job_->pods.end());
    for (const PodView* pod : pods) {
      const ContainerView* migration = pod->container(kMigrationContainer);
      const auto report = migration == nullptr ? std::nullopt : read_run_report(migration->message);
      if (!report || !report->schema || (status_.database && pod->created < status_.database->time)) continue;
      status_.database = report->schema;
      status_.database->time = pod->created;
    }
  }

  // The tag may have been moved: what ran is what counts.
  void record_digest() {
    if (migrator_.spec.trigger != Trigger::digest) return;
    for (const PodView* pod : job_pods_) {
      const ContainerView* migration = pod->container(kMigrationContainer);
      if (pod->phase != PodPhase::succeeded || migration == nullptr) continue;
      const std::string digest = digest_of_image_id(migration->image_id);
      if (!digest.empty()) record_also_as(status_, digest);
    }
  }

  // Nothing of it runs, and nothing will soon.
  void with_idle_job(const EndedJob& job, const JobOutcome& outcome) {
    const Wanted* wanted = nullptr;
    for (const Wanted* entry : pending()) {
      if (entry->identity() == job.identity) wanted = entry;
    }
    const Wanted* next = next_to_run();
    const bool unwanted = wanted == nullptr && !survey_.wanted.empty();
    // One that its controller has not seen yet may be starting as we look: only what is stuck gives way.
    const bool is_seen = !text(field(*job_, "status", "startTime")).empty();
    // The newest first: two that cannot start do not give way to each other in turns.
    const bool is_outranked = is_seen && wanted != nullptr && next != nullptr && next < wanted;
    const bool changed = wanted != nullptr && !job.config.empty() && job.config != config_of(migrator_, *wanted);
    if (unwanted || is_outranked || changed) return delete_stale(job, kubernetes::resource_version_of(*job_));
    say(running(job_text(), job.image, outcome.detail));
  }

  void with_failure(const EndedJob& job, const JobOutcome& outcome, bool recorded) {
    const bool goes_on = outcome.state == State::failing;
    if (!recorded) {
      record_failure(status_, job, outcome.hopeless, outcome.detail, now_);
      if (is_asked_) try_at_once(*std::ranges::find(status_.failures, job.identity, &FailedRun::identity), now_);
      say_failure(job.identity, job.image, true);
      decision_.again_in = std::chrono::seconds(0);
      return;
    }
    if (may_run_next() && lingering_.empty()) {
      mark_job_deleted(job.uid, status_);
      return delete_job(goes_on ? kubernetes::resource_version_of(*job_) : std::string{}, goes_on);
    }
    if (goes_on && integer(field(*job_, "spec", "parallelism"), 1) != 0)
      decision_.action = StopJob{.name = kubernetes::name_of(*job_),
                                 .uid = job.uid,
                                 .resource_version = kubernetes::resource_version_of(*job_)};
    say_what_is_next();
  }

  // Its author has mended what it is made from: what is left of its own tries would fail as the last one did.
  bool has_changed(const EndedJob& job) const {
    const auto wanted = std::ranges::find(survey_.wanted, job.identity, &Wanted::identity);
    return wanted != survey_.wanted.end() && !job.config.empty() &&
           authors_config(job.config) != authors_config(config_of(migrator_, *wanted));
  }

  void delete_stale(const EndedJob& job, std::string resource_version) {
    delete_job(std::move(resource_version), true);
    tell(deleted_stale(job_text(), job.image));
  }

  void delete_job(std::string resource_version, bool foreground) {
    decision_.action = DeleteJob{.name = kubernetes::name_of(*job_),
                                 .uid = kubernetes::uid_of(*job_),
                                 .resource_version = std::move(resource_version),
                                 .foreground = foreground};
  }

  // Behind everything else: it has to know what the migrations are up to.
  void with_contract() {
    const bool is_known = migrator_.problems.empty() && survey_.problem.empty() && !survey_.wanted.empty();
    const bool has_contract = contract_job_ != nullptr || status_.contract || migrator_.spec.contract_command;
    if (!has_contract) return status_.conditions.forget_contract(migrator_.generation, now_);
    ContractStep step = decide_contract({.migrator = &migrator_,
                                         .survey = &survey_,
                                         .job = contract_job_,
                                         .is_known = is_known,
                                         .is_migrating = job_ != nullptr && !has_ended_and_is_recorded(),
                                         .is_asked = is_asked_,
                                         .may_act = std::holds_alternative<std::monostate>(decision_.action),
                                         .lock_holders = &situation_.lock_holders,
                                         .lingering = lingering_,
                                         .now = now_},
                                        status_);
    if (step.verdict) {
      status_.conditions.apply_contract(*step.verdict, migrator_.generation, now_);
    } else if (is_known && !migrator_.spec.contract_command && contract_job_ == nullptr) {
      status_.conditions.forget_contract(migrator_.generation, now_);
    }
    if (!std::holds_alternative<std::monostate>(step.action)) decision_.action = std::move(step.action);
    decision_.events.insert(decision_.events.end(), step.events.begin(), step.events.end());
    if (step.again_in) decision_.again_in = std::min(decision_.again_in.value_or(*step.again_in), *step.again_in);
  }

  bool has_ended_and_is_recorded() const {
    const std::string& uid = kubernetes::uid_of(*job_);
    return !occupies_lock(*job_, job_pods_) && (status_.recorded_success(uid) || status_.recorded_failure(uid));
  }

  // ---- what comes next ----

  std::vector<const Wanted*> pending() const { return manager::pending(migrator_, survey_, status_); }

  // Null when there is nothing, or nothing that is due.
  const Wanted* next_to_run() const {
    for (const Wanted* wanted : pending()) {
      if (is_due(status_, wanted->identity(), now_)) return wanted;
    }
    return nullptr;
  }

  bool is_locked() const { return !migrator_.spec.lock_group.empty() && !situation_.lock_holders.empty(); }

  bool may_run_next() const {
    return next_to_run() != nullptr && !migrator_.spec.suspend && !is_locked() && !is_contracting(contract_job_);
  }

  void wait_for_contract(const Wanted& next) {
    say(waits_for_contract(next.image, contract_job_text(), overdue(contract_job_->pods, now_)));
    decision_.again_in = kLockPoll;
  }

  void wait_for_pod(const Wanted& next, const std::string& which) {
    say(waits_for_pod(next.image, which));
    // It may be overdue by then.
    decision_.again_in = kLockPoll;
  }

  void wait_for_lock(const Wanted& next) {
    say(waits_for_lock(next.image, migrator_.spec.lock_group, situation_.lock_holders.front()));
    decision_.again_in = kLockPoll;
  }

  // Everything that is wanted has been migrated to: what pods of it ask for in other words may start, too.
  void admit_present() {
    if (survey_.wanted.empty() || !pending().empty() || is_blocked()) return;
    for (const Seen& seen : survey_.present)
      record_without_job(status_, Migrated::Origin::admitted, seen.identity, seen.image, seen.workload, now_);
  }

  // Without pods nothing changes.
  bool is_blocked() {
    if (!survey_.wanted.empty()) status_.blocked = blocked(migrator_, survey_, status_);
    return !status_.blocked.empty();
  }

  // ---- what there is to say ----

  void say_what_is_next() {
    if (!migrator_.problems.empty()) return say(in_error(fmt::format("{}", fmt::join(migrator_.problems, "; "))));
    if (!survey_.problem.empty()) return say(in_error(survey_.problem));
    if (survey_.wanted.empty()) return;
    const Wanted* next = next_to_run();
    if (next == nullptr) return say_what_is_left();
    if (migrator_.spec.suspend) return say(suspended(next->image));
    if (is_contracting(contract_job_)) return wait_for_contract(*next);
    if (is_locked()) return wait_for_lock(*next);
    if (!lingering_.empty()) wait_for_pod(*next, lingering_);
  }

  // Nothing can be run now.
  void say_what_is_left() {
    const auto left = pending();
    if (!left.empty()) {
      say_failure(left.front()->identity(), left.front()->image, false);
      return decide_again_for(left);
    }
    if (is_blocked()) {
      const std::string& identity = status_.blocked.front();
      const std::string& retired_by = status_.find_migrated(identity)->retired_by;
      return tell_once(retired_by.empty() ? rollback_blocked(identity, rolled_back_from(survey_, status_, identity))
                                          : rollback_behind_contract(migrator_, identity, retired_by));
    }
    admit_present();
    say(up_to_date(survey_.wanted.front().image));
  }

  void decide_again_for(const std::vector<const Wanted*>& left) {
    for (const Wanted* wanted : left) {
      const FailedRun* failure = status_.find_failure(wanted->identity());
      if (failure == nullptr || !failure->next_try) continue;
      const auto wait =
          std::max(std::chrono::ceil<std::chrono::seconds>(*failure->next_try - now_), std::chrono::seconds(1));
      decision_.again_in = std::min(decision_.again_in.value_or(wait), wait);
    }
  }

  void say_failure(const std::string& identity, const std::string& image, bool is_news) {
    const FailedRun* failure = status_.find_failure(identity);
    if (failure == nullptr) return;
    const Verdict verdict = failure->next_try ? failed_and_due(job_text(), image, failure->detail,
                                                               kubernetes::format_time(*failure->next_try))
                                              : failed_for_good(migrator_, job_text(), image, failure->detail);
    if (is_news) {
      tell(verdict);
    } else {
      say(verdict);
    }
  }

  void tell_once(const Verdict& verdict) {
    const Condition* before = status_.conditions.find("MigrationsReady");
    const bool is_news = before == nullptr || before->reason != verdict.reason || before->message != verdict.message;
    if (is_news) return tell(verdict);
    say(verdict);
  }

  // Without pods nothing is known that was not known before.
  void say_nothing_matches() {
    const Condition* before = status_.conditions.find("MigrationsReady");
    if (before == nullptr || before->status != Truth::yes) say(nothing_matches());
  }

  void say(const Verdict& verdict) { status_.conditions.apply(verdict, migrator_.generation, now_); }

  void tell(const Verdict& verdict) {
    say(verdict);
    decision_.events.push_back(event_of(verdict));
  }

  Decision finish() {
    status_.conditions.keep_times(migrator_.status.conditions);
    if (migrator_.problems.empty()) {
      is_blocked();
      record_schema();
      std::set<std::string> needed = survey_.live;
      for (const Wanted& wanted : survey_.wanted) needed.insert(wanted.identity());
      if (job_ != nullptr) needed.insert(ended_job().identity);
      // Only when there is more to remember: between a pod and the one in its place no pod has its identity.
      if (status_.migrated.size() > migrator_.status.migrated.size()) forget_old(status_, needed);
    }
    // What is created is fenced by the write before it, even when that changes nothing.
    decision_.writes = status_ != migrator_.status || std::holds_alternative<CreateJob>(decision_.action);
    decision_.status = std::move(status_);
    return std::move(decision_);
  }

  const Situation& situation_;
  const Migrator& migrator_;
  const Time now_;
  MigratorStatus status_;
  Survey survey_;
  const Json* job_ = nullptr;
  std::vector<const PodView*> job_pods_;
  // Of job_.
  JobOutcome outcome_;
  // Somebody has asked just now to try again what has failed.
  bool is_asked_ = false;
  const OwnedJob* contract_job_ = nullptr;
  // Which pod may run although its Job has ended or is gone; empty: none.
  std::string lingering_;
  Decision decision_;
};

}  // namespace

Decision decide(const Situation& situation) {
  return Decider(situation).run();
}

bool needs_live_contract_job(const Migrator& migrator) {
  return migrator.status.contract && migrator.status.contract->state == Contract::State::started;
}

Decision create_refused(const Decision& decision, const Migrator& migrator, const std::string& error, Time now) {
  Decision refused{.writes = true, .status = decision.status};
  const auto* creation = std::get_if<CreateJob>(&decision.action);
  const bool is_contract = creation != nullptr && !kubernetes::annotation(creation->job, kPhase).empty();
  const Verdict verdict = is_contract ? contract_create_failed(redact(error)) : create_failed(redact(error));
  if (is_contract) {
    withdraw_contract(refused.status);
    refused.status.conditions.apply_contract(verdict, migrator.generation, now);
  } else {
    refused.status.conditions.apply(verdict, migrator.generation, now);
  }
  refused.events.push_back(event_of(verdict));
  return refused;
}

}  // namespace dunlin::manager
