// What a run did, also when it failed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/error.h"
#include "dunlin/migration.h"
#include "dunlin/status.h"

namespace dunlin {

enum class Outcome {
  applied,      // everything in the plan was done
  nothing,      // there was nothing to do
  failed,       // a migration failed
  interrupted,  // stopped by a signal or a stop request
  refused,      // the plan was refused before anything ran
  error,        // something other than a migration failed: connection, lock, configuration
};

struct AppliedStep {
  Version version;
  std::string name;
  Direction direction = Direction::up;
  std::chrono::nanoseconds execution_time{};
  // Another runner turned out to have applied it while we tried to.
  bool by_another = false;
};

struct FailedStep {
  Version version;
  std::string name;
  Error error;
  // Something of it is, or may be, in the database.
  bool remains = false;
  // The next `migrate` continues where this one stopped; false with `remains` means that `resolve` has to settle it.
  bool resumable = false;
};

struct Report {
  Outcome outcome = Outcome::nothing;
  std::vector<AppliedStep> applied;
  std::optional<FailedStep> failed;
  // Set for Outcome refused, error and interrupted.
  std::optional<Error> error;
  std::size_t planned = 0;
  std::size_t pending_left = 0;
  // What the migration user applied while this run, whose user may not, waited for it.
  std::size_t awaited = 0;
  std::chrono::nanoseconds duration{};
  // The newest version in the history after the run.
  Version at_version;
  std::vector<Diagnostic> diagnostics;
  // Files and history after the run; empty where the database could not be asked.
  std::optional<Status> status;
};

const char* to_string(Outcome outcome) noexcept;

}  // namespace dunlin
