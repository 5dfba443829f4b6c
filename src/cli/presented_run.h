// A run as the user sees it: observers while it goes on, the report at its end, the exit code.
#pragma once

#include <functional>

#include "cli/invocation.h"
#include "core/project.h"
#include "dunlin/observer.h"
#include "dunlin/report.h"
#include "dunlin/run_options.h"

namespace dunlin::cli {

using RunFunction = std::function<Report(const Project&, const RunOptions&, Observer&)>;

// Runs with a progress bar on a terminal and log lines elsewhere. Prints nothing else.
Report watched_run(const Invocation&, const Project&, const RunOptions&, const RunFunction&);

// Prints what came out of it, as text or JSON.
void show_report(const Invocation&, const Project&, const Report&, Direction);

// 0 done, 1 failed and the database is as before it, 7 something remains, ... as docs/reference/exit-codes.md has it.
int exit_code_of(const Report&, int signal);

// For the commands that write without running migrations (baseline, resolve): shows what there is to see, says nothing
// at the end.
void watched(const Invocation&, const Project&, const std::function<void(Observer&)>& work);

}  // namespace dunlin::cli
