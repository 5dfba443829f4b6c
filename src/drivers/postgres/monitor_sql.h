// The questions the monitor and the lock ask of pg_locks, pg_stat_activity and the progress views.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <libpq-fe.h>

#include "dunlin/driver.h"

namespace dunlin::postgres {

// One row for each process that stands in the way of `pid`: kind 'blocked', mode, relation, then blocker_columns().
std::string blocked_sql(std::int64_t pid);
// At most one row: kind 'progress', command, phase, done, total.
std::string progress_sql(std::int64_t pid, int server_version);
// Who waits, ungranted, for the advisory lock: kind 'waiter', then blocker_columns().
std::string waiters_sql(const RunLock&);
// Who holds it: blocker_columns(), then BackendId::started.
std::string holders_sql(const RunLock&);
// One row if our own session holds it.
std::string holds_sql(const RunLock&);

// The columns of a Blocker over pg_stat_activity called `a`, and back.
std::string blocker_columns();
Blocker read_blocker(const PGresult*, int row, int first_column);
Blocker read_blocker(const Row&, std::size_t first_column);

// "AccessExclusiveLock" -> "ACCESS EXCLUSIVE".
std::string lock_mode_words(std::string_view mode);

}  // namespace dunlin::postgres
