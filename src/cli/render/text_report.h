// What a run did, in sentences.
#pragma once

#include <string>

#include "cli/render/paint.h"
#include "dunlin/migration.h"
#include "dunlin/report.h"

namespace dunlin::cli {

// For standard output, when all went well: "Applied 3 migrations in 1 min 12 s. The schema is at 20261120110000."
std::string render_summary(const Report&, Direction);

// For standard error, when it did not: the error with its place, what of it remains, how far the run came, what to type
// next. Empty when all went well.
std::string render_problem(const Report&, Direction, const Paint&);

// The command that comes after this report; empty when there is nothing to do.
std::string next_after(const Report&, Direction);

}  // namespace dunlin::cli
