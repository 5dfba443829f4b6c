// Waiting for the lock that one run at a time holds.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "dunlin/driver.h"
#include "dunlin/observer.h"

namespace dunlin {

enum class LockWait { acquired, busy, interrupted };

struct LockResult {
  LockWait outcome = LockWait::acquired;
  // Who had it when we gave up.
  std::vector<LockHolder> holders;
};

struct LockPatience {
  std::chrono::milliseconds wait{0};
  // A server process of our own that outlived its connection: while it works on its last commit it is left alone for
  // `grace`, then it is ended, so that the truth can be read.
  std::optional<BackendId> orphan;
  std::chrono::milliseconds grace{2'000};
};

// Polls, outside any transaction: a waiter that blocks inside the server would deadlock CREATE INDEX CONCURRENTLY of
// the holder. Throws Failure (connect, sql).
LockResult acquire(Session&, const RunLock&, const LockPatience&, Clock&, const Interrupt*, Observer&);

// "another runner holds the migration lock: pid 4711, app_user@worker-7d9f, "nightly", since 3 min".
Error lock_busy_error(const std::vector<LockHolder>&, std::chrono::milliseconds waited);

}  // namespace dunlin
