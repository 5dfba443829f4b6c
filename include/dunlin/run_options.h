// What the caller of a run may choose, with the defaults.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "dunlin/plan.h"

namespace dunlin {

struct RunOptions {
  // Up: the newest version to apply. Down: the version to keep. Empty: no limit.
  std::string to;
  // How many; 0 is no limit for up and one for down.
  std::size_t steps = 0;
  // Down only: everything.
  bool all = false;
  TransactionScope transaction = TransactionScope::each;
  // Unset: as the directory's own tool has it (sqlx: allowed).
  std::optional<bool> allow_out_of_order;
  // A version in the history, below the newest file, that has no file: go on all the same.
  bool ignore_missing = false;
  // How long to wait for another runner; 0: not at all.
  std::chrono::milliseconds lock_wait{15 * 60 * 1000};
  // Up, under a user who may not migrate: how long to wait until somebody who may has done it; 0: refused at once.
  std::chrono::milliseconds wait_migrated{0};
  // How often a wholly wrapped migration is tried again after a lock timeout, deadlock or serialization failure.
  int lock_retries = 30;
  // How long a broken connection is tried again before the run gives up.
  std::chrono::milliseconds reconnect_for{30'000};
};

}  // namespace dunlin
