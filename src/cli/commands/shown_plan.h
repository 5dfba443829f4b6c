// Plans on the screen, and the question before a plan that destroys.
#pragma once

#include "cli/invocation.h"
#include "core/project.h"
#include "dunlin/migration.h"
#include "dunlin/run_options.h"

namespace dunlin::cli {

// What a run would do, as text or JSON. The exit code: 0, or the one a run would refuse it with.
int show_plan(const Invocation&, const Project&, const RunOptions&, Direction);

// The same for a database that is still to be made.
int show_first_plan(const Invocation&, const Project&, const RunOptions&, const ServerInfo&);

// Lists what would be undone and asks; returns at once with --yes, and when there is nothing to undo.
void confirm_revert(const Invocation&, const Project&, const RunOptions&);

}  // namespace dunlin::cli
