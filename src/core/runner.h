// Carries a plan out: lock, history, plan, batches, retries, what became of a lost commit. Prints nothing.
#pragma once

#include "core/project.h"
#include "dunlin/observer.h"
#include "dunlin/report.h"
#include "dunlin/run_options.h"
#include "dunlin/status.h"

namespace dunlin {

// Both always give a report; they throw Failure (usage) for options that contradict each other, and nothing else once
// connected. A failure to connect is Outcome::error. With nothing to do, no lock is taken and nothing is written.
Report run_up(const Project&, const RunOptions&, Observer&);
Report run_down(const Project&, const RunOptions&, Observer&);

// Status and plan of this moment, without a lock and without writing. Throws Failure (connect, sql).
struct Snapshot {
  ServerInfo server;
  TableName table;
  bool history_exists = false;
  Status status;
};
Snapshot read_status(const Project&, Session&);

}  // namespace dunlin
