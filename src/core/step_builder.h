// Reads a migration's statements and decides how they reach the database. Pure: nothing is connected.
#pragma once

#include <string>
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
// `no_transaction_mark` is Catalog's, for hints.
BuiltStep build_step(const Migration&, Direction, Dialect, TransactionScope, const std::string& no_transaction_mark);

}  // namespace dunlin
