// A run whose user may not migrate: found before anything is done, and refused, or left to somebody who may.
#pragma once

#include "core/run_session.h"
#include "dunlin/plan.h"
#include "dunlin/report.h"

namespace dunlin {

// Reads the history. With RunOptions::wait_migrated, one that this user may not read yet is waited for: the migration
// user may be about to grant it. Throws Failure (sql, connect, interrupted).
void refresh_patiently(RunSession&);

// False when nothing speaks against this user's carrying the plan out. Else that was the run, and the report has its
// outcome: refused, or with RunOptions::wait_migrated what came of looking again and again, without the run lock, until
// every step of the plan is applied or the patience at its end. Throws Failure (sql, connect).
bool settle_without_rights(RunSession&, const Plan&, Report&);

}  // namespace dunlin
