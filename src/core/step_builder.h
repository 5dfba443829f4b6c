// Reads a migration's statements and decides how they reach the database. Pure: nothing is connected.
#pragma once

#include <vector>

#include "dunlin/dialect.h"
#include "dunlin/plan.h"

namespace dunlin {

struct BuiltStep {
  Step step;
  // Warnings; an error here means that the step must not be run.
  std::vector<Diagnostic> diagnostics;
};

// Throws Failure (io) when the script cannot be read; what is wrong with its text is a diagnostic.
BuiltStep build_step(const Migration&, Direction, Dialect, TransactionScope);

}  // namespace dunlin
