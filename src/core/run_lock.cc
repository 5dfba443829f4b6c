#include "core/run_lock.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"

namespace dunlin {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{5};
constexpr milliseconds kLongestPause{250};
constexpr milliseconds kReportEvery{1'000};

std::vector<Blocker> people(const std::vector<LockHolder>& holders) {
  std::vector<Blocker> blockers;
  blockers.reserve(holders.size());
  for (const LockHolder& holder : holders) blockers.push_back(holder.who);
  return blockers;
}

}  // namespace

LockResult acquire(Session& session, const RunLock& lock, const LockPatience& patience, Clock& clock,
                   const Interrupt* interrupt, Observer& observer) {
  const auto started = clock.now();
  auto pause = kFirstPause;
  // Ending an orphan takes a moment also for a caller that would not wait for anybody else.
  const milliseconds limit = patience.orphan ? std::max(patience.wait, patience.grace * 5) : patience.wait;
  std::optional<milliseconds> reported;
  LockResult result;
  while (!session.try_lock(lock)) {
    const auto waited = std::chrono::duration_cast<milliseconds>(clock.now() - started);
    const bool out_of_patience = waited >= limit;
    if (!reported || waited - *reported >= kReportEvery || out_of_patience) {
      result.holders = session.lock_holders(lock);
      observer.waiting_for_run_lock(people(result.holders), waited);
      reported = waited;
    }
    const bool held_by_orphan = patience.orphan && std::ranges::any_of(result.holders, [&](const LockHolder& holder) {
                                  return holder.backend == *patience.orphan;
                                });
    if (held_by_orphan && waited >= patience.grace) session.terminate(*patience.orphan);
    if (out_of_patience) {
      result.outcome = LockWait::busy;
      return result;
    }
    if (clock.sleep(pause, interrupt)) {
      result.outcome = LockWait::interrupted;
      return result;
    }
    observer.tick();
    pause = std::min(pause * 2, kLongestPause);
  }
  return result;
}

Error lock_busy_error(const std::vector<LockHolder>& holders, milliseconds waited) {
  Error error;
  error.kind = ErrorKind::lock_busy;
  error.message = "another runner holds the migration lock";
  for (const LockHolder& holder : holders) {
    const Blocker& who = holder.who;
    error.message += fmt::format(": pid {}", who.pid);
    if (!who.user.empty()) error.message += fmt::format(", {}@{}", who.user, who.host.empty() ? "local" : who.host);
    if (!who.application.empty()) error.message += fmt::format(", \"{}\"", who.application);
    if (who.state_age) error.message += fmt::format(", {} for {}", who.state, format_duration(*who.state_age));
    break;
  }
  if (waited.count() > 0) error.message += fmt::format("; gave up after {}", format_duration(waited));
  error.hint = "see it: dunlin lock status; wait longer: --lock-wait 30min; if its runner is dead: dunlin lock release";
  return error;
}

}  // namespace dunlin
