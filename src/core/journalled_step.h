// Runs a migration that cannot be one transaction: statement by statement, each with its row in the journal, so that a
// run killed anywhere is continued by the next one.
#pragma once

#include <chrono>
#include <optional>

#include "core/run_session.h"
#include "dunlin/plan.h"

namespace dunlin {

struct StepResult {
  enum class Outcome { done, failed, lost, interrupted };
  Outcome outcome = Outcome::done;
  std::optional<Error> error;
  // Some of its statements took effect, or may have.
  bool remains = false;
  // The next run goes on where this one stopped; otherwise `resolve` has to settle it.
  bool resumable = false;
  std::chrono::nanoseconds execution_time{};
};

// For Execution::journalled and Execution::self_managed. Leaves the session's settings as they were.
StepResult run_journalled(RunSession&, const Step&);

}  // namespace dunlin
