// The commands that write the history without running a migration: baseline, resolve, re-blessing checksums. Each works
// under the run lock, and each can say beforehand what it would write.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/project.h"
#include "dunlin/observer.h"
#include "dunlin/run_options.h"
#include "dunlin/status.h"

namespace dunlin {

// The migrations up to and including `version` that are not recorded yet. Throws Failure (usage) for an unknown
// version, Failure (remains) when one of them failed or is half done: that has to be settled first.
std::vector<const Migration*> plan_baseline(const Project&, const Status&, const std::string& version);
// Records them in one transaction. Returns what was recorded.
std::vector<const Migration*> apply_baseline(const Project&, const RunOptions&, const std::string& version, Observer&);

enum class Resolution {
  applied,             // record the version as applied, whatever is recorded of its statements
  rolled_back,         // remove the version's row and its journal: the next run starts it from its beginning
  statement_done,      // statement N took effect: the next run goes on after it
  statement_not_done,  // statement N did not: the next run repeats it
};
// The last two take a history row away that says "applied" of what is half done: it would keep the next run from going
// on.

struct Unsettled {
  Version version;
  std::string name;
  // From 1; empty when the whole version is in doubt (another tool's dirty row).
  std::optional<std::size_t> statement;
  std::string statement_text;
  std::string evidence;
  Direction direction = Direction::up;
  // In the history, and not as failed.
  bool recorded = false;
  // What the journal has of it: statements that took effect, and the last of them; 0: none.
  std::size_t statements_done = 0;
  std::size_t last_done = 0;
  // `migrate` (of its way down: `down`) goes on with it by itself: nothing has to be settled before.
  bool goes_on = false;

  // The history says that it has come to its end, and the journal that it has not.
  bool contradicts() const { return (statements_done > 0 || statement) && recorded == (direction == Direction::up); }
};

// What would need `resolve` now: dirty history rows, and journal intents without an end.
std::vector<Unsettled> unsettled(const Project&, Session&);
// Throws Failure (usage) when there is nothing to settle for this version.
void resolve(const Project&, const RunOptions&, const std::string& version, Resolution,
             std::optional<std::size_t> statement, Observer&);

// Writes the files' checksums over the recorded ones; returns the versions it changed. `only_whitespace` leaves files
// whose content really differs alone.
std::vector<Version> fix_checksums(const Project&, const RunOptions&, bool only_whitespace, Observer&);

}  // namespace dunlin
