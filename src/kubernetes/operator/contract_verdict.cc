#include "kubernetes/operator/contract_verdict.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "kubernetes/operator/annotate_command.h"
#include "kubernetes/operator/keys.h"

namespace dunlin::manager {
namespace {

using kubernetes::Time;
using Progress = Verdict::Progress;

// The limit of a condition's message.
constexpr std::size_t kMessageBytes = 32768;

Verdict verdict(Truth done, std::string_view reason, std::string message, Progress progress, std::string event = {}) {
  return {.ready = done,
          .reason = std::string(reason),
          .message = std::string(truncate_bytes(message, kMessageBytes)),
          .progress = progress,
          .event_reason = std::move(event)};
}

Verdict waits(std::string_view reason, std::string message) {
  return verdict(Truth::no, reason, std::move(message), Progress::settled);
}

std::string with_detail(std::string text, std::string_view detail) {
  return detail.empty() ? text : fmt::format("{}: {}", text, detail);
}

std::string failed_text(std::string_view job, std::string_view identity, std::string_view detail) {
  return with_detail(fmt::format("Contract job {} of {} failed", job, identity), detail);
}

}  // namespace

Verdict contract_held_up(std::string_view why) {
  return waits("ContractWaiting", std::string(why));
}

Verdict contract_due_at(std::string_view identity, Time due) {
  return waits("ContractWaiting", fmt::format("Contract command of {} runs at {} if no other version comes back before",
                                              identity, kubernetes::format_time(due)));
}

Verdict contract_needs_approval(const Migrator& migrator, std::string_view identity) {
  return waits("ContractNeedsApproval", fmt::format("Contract command of {} may run now. To run it: {}", identity,
                                                    annotate_command(migrator, kContract, identity)));
}

Verdict contract_suspended(std::string_view identity) {
  return waits("ContractSuspended", fmt::format("Contract command of {} is not run: spec.suspend is true", identity));
}

Verdict contract_waits_for_lock(std::string_view identity, std::string_view group, const LockHolder& holder) {
  return waits("ContractWaitingForLock",
               with_detail(fmt::format("Contract command of {} waits for migrator {} of lock group {}", identity,
                                       holder.migrator, group),
                           holder.detail));
}

Verdict contract_waits_for_pod(std::string_view identity, std::string_view detail) {
  return waits("ContractWaiting",
               fmt::format("Contract command of {} waits for a pod of an earlier job: {}", identity, detail));
}

Verdict contract_started(std::string_view job, std::string_view identity) {
  return verdict(Truth::no, "ContractRunning", fmt::format("Started contract job {} of {}", job, identity),
                 Progress::working, "ContractStarted");
}

Verdict contract_running(std::string_view job, std::string_view identity, std::string_view detail) {
  return verdict(Truth::no, "ContractRunning",
                 with_detail(fmt::format("Contract job {} of {} still running", job, identity), detail),
                 Progress::working);
}

Verdict contract_cancelled(std::string_view job, std::string_view why) {
  return verdict(Truth::no, "ContractWaiting",
                 fmt::format("Contract job {} had not begun and has been deleted: {}", job, why), Progress::settled,
                 "ContractCancelled");
}

Verdict contract_failed(std::string_view job, std::string_view identity, std::string_view detail) {
  return verdict(Truth::no, kContractFailed, failed_text(job, identity, detail), Progress::working);
}

Verdict contract_failed_and_due(std::string_view job, std::string_view identity, std::string_view detail,
                                Time next_try) {
  return verdict(
      Truth::no, kContractFailed,
      fmt::format("{}; it is tried again at {}", failed_text(job, identity, detail), kubernetes::format_time(next_try)),
      Progress::working);
}

Verdict contract_failed_for_good(const Migrator& migrator, std::string_view job, std::string_view identity,
                                 std::string_view detail) {
  return verdict(Truth::no, kContractFailed,
                 fmt::format("{}; it is not tried again before there is another version or another contractCommand. To "
                             "try it again: {}",
                             failed_text(job, identity, detail), retry_command(migrator)),
                 Progress::stuck);
}

Verdict contract_create_failed(std::string_view error) {
  return verdict(Truth::no, kContractCreateError, fmt::format("Error on create, possible conflict: {}", error),
                 Progress::working);
}

Verdict contracted(std::string_view identity) {
  return verdict(Truth::yes, "Contracted", fmt::format("Contract command of {} has run", identity), Progress::settled,
                 "ContractSucceeded");
}

Verdict rollback_behind_contract(const Migrator& migrator, std::string_view identity, std::string_view by) {
  return verdict(Truth::no, "RollbackBlocked",
                 fmt::format("{} is older than {}, whose contract command takes from the schema what older "
                             "versions need: its pods wait. Deploy {} or a newer version. If {} works with the schema "
                             "as it is now: {}",
                             identity, by, by, identity, allow_rollback_command(migrator, identity)),
                 Progress::stuck);
}

Verdict waits_for_contract(std::string_view image, std::string_view job, std::string_view detail) {
  return verdict(Truth::no, "WaitingForContract",
                 with_detail(fmt::format("Migration {} waits for contract job {} to end", image, job), detail),
                 Progress::working);
}

}  // namespace dunlin::manager
