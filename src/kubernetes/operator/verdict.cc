#include "kubernetes/operator/verdict.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/utf8.h"
#include "kubernetes/operator/annotate_command.h"

namespace dunlin::manager {
namespace {

using Progress = Verdict::Progress;

// The limits of a condition and of an event.
constexpr std::size_t kMessageBytes = 32768;
constexpr std::size_t kEventBytes = 1024;

Verdict verdict(Truth ready, std::string_view reason, std::string message, Progress progress) {
  return {.ready = ready,
          .reason = std::string(reason),
          .message = std::string(truncate_bytes(message, kMessageBytes)),
          .progress = progress,
          .event_reason = {}};
}

std::string failed_text(std::string_view job, std::string_view image, std::string_view detail) {
  std::string text = fmt::format("Migration job {} using image {} failed", job, image);
  if (!detail.empty()) text += fmt::format(": {}", detail);
  return text;
}

}  // namespace

Verdict nothing_matches() {
  return verdict(Truth::unknown, "Unknown", "", Progress::settled);
}

Verdict in_error(std::string_view message) {
  return verdict(Truth::no, "Error", std::string(message), Progress::stuck);
}

Verdict up_to_date(std::string_view image) {
  return verdict(Truth::yes, "MigrationsUpToDate", fmt::format("Migration {} already run", image), Progress::settled);
}

Verdict create_failed(std::string_view error) {
  return verdict(Truth::unknown, kCreateError, fmt::format("Error on create, possible conflict: {}", error),
                 Progress::working);
}

Verdict started(std::string_view job, std::string_view image) {
  Verdict said = verdict(Truth::no, "MigrationsRunning",
                         fmt::format("Started migration job {} using image {}", job, image), Progress::working);
  said.event_reason = "MigrationsStarted";
  return said;
}

Verdict running(std::string_view job, std::string_view image, std::string_view detail) {
  std::string text = fmt::format("Migration job {} using image {} still running", job, image);
  if (!detail.empty()) text += fmt::format(": {}", detail);
  return verdict(Truth::no, "MigrationsRunning", std::move(text), Progress::working);
}

Verdict deleted_stale(std::string_view job, std::string_view old_image) {
  return verdict(Truth::no, "StaleJob", fmt::format("Deleted stale migration job {} ({})", job, old_image),
                 Progress::working);
}

Verdict succeeded(std::string_view job, std::string_view image) {
  return verdict(Truth::yes, "MigrationsSucceeded",
                 fmt::format("Migration job {} using image {} succeeded", job, image), Progress::settled);
}

Verdict succeeded_with_more(std::string_view job, std::string_view image, std::string_view next) {
  return verdict(Truth::no, "MigrationsSucceeded",
                 fmt::format("Migration job {} using image {} succeeded; {} is next", job, image, next),
                 Progress::working);
}

Verdict failed(std::string_view job, std::string_view image, std::string_view detail) {
  return verdict(Truth::no, "MigrationsFailed", failed_text(job, image, detail), Progress::working);
}

Verdict failed_and_due(std::string_view job, std::string_view image, std::string_view detail, std::string_view when) {
  return verdict(Truth::no, "MigrationsFailed",
                 fmt::format("{}; it is tried again at {}", failed_text(job, image, detail), when), Progress::working);
}

Verdict failed_for_good(const Migrator& migrator, std::string_view job, std::string_view image,
                        std::string_view detail) {
  return verdict(Truth::no, "MigrationsFailed",
                 fmt::format("{}; it is not tried again before there is another version or another spec. To try it "
                             "again: {}",
                             failed_text(job, image, detail), retry_command(migrator)),
                 Progress::stuck);
}

Verdict suspended(std::string_view image) {
  return verdict(Truth::no, "Suspended", fmt::format("Migration {} is not run: spec.suspend is true", image),
                 Progress::settled);
}

Verdict waits_for_lock(std::string_view image, std::string_view group, const LockHolder& holder) {
  std::string text = fmt::format("Migration {} waits for migrator {} of lock group {}", image, holder.migrator, group);
  if (!holder.detail.empty()) text += fmt::format(": {}", holder.detail);
  return verdict(Truth::no, "WaitingForLock", std::move(text), Progress::working);
}

Verdict waits_for_pod(std::string_view image, std::string_view detail) {
  return verdict(Truth::no, "WaitingForPod",
                 fmt::format("Migration {} waits for a pod of an earlier job: {}", image, detail), Progress::working);
}

Verdict rollback_blocked(std::string_view image, std::string_view newer) {
  return verdict(
      Truth::no, "RollbackBlocked",
      fmt::format(
          "{} is older than {}, which has been migrated to: its pods wait, as spec.rollbackPolicy is block. Deploy "
          "{} or a newer version, or set rollbackPolicy to skip if {} works with the schema as it is now",
          image, newer, newer, image),
      Progress::stuck);
}

Event event_of(const Verdict& verdict) {
  static constexpr std::array<std::string_view, 4> kWarnings{"MigrationsFailed", kCreateError, kContractFailed,
                                                             kContractCreateError};
  return {
      .warning = std::ranges::find(kWarnings, verdict.reason) != kWarnings.end() || verdict.progress == Progress::stuck,
      .reason = verdict.event_reason.empty() ? verdict.reason : verdict.event_reason,
      .message = std::string(truncate_bytes(verdict.message, kEventBytes))};
}

}  // namespace dunlin::manager
