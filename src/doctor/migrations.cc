// The history, what has to be settled, and who holds the lock.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/duration.h"
#include "core/runner.h"
#include "core/settle.h"
#include "core/status.h"
#include "doctor/checks.h"

namespace dunlin::doctor {
namespace {

void look_at_history(const Examination& at) {
  if (!at.patient.project) return;
  const Project& project = *at.patient.project;
  const Snapshot snapshot = read_status(project, at.session);
  const Status& status = snapshot.status;
  if (!snapshot.history_exists) {
    at.add(Section::migrations, Level::note, "history",
           fmt::format("nothing was migrated here yet: there is no {}", project.table.name), {"dunlin migrate"});
    return;
  }
  bool well = true;
  for (const Diagnostic& found : validate(project.catalog, status)) {
    if (found.severity != Severity::error || found.code == "failed" || found.code == "half-done") continue;
    well = false;
    at.add_error(Section::migrations, "history",
                 {.kind = ErrorKind::validation, .message = found.message, .hint = "dunlin validate"});
  }
  const std::size_t pending = status.count(MigrationState::pending);
  const std::string place =
      status.at_version().empty() ? "nothing is applied" : fmt::format("at {}", status.at_version().text);
  if (pending > 0) {
    at.add(Section::migrations, Level::note, "history", fmt::format("{}, {} pending", place, pending),
           {"dunlin migrate"});
  } else if (well) {
    at.add(Section::migrations, Level::ok, "history", fmt::format("{}, nothing is pending", place));
  }
}

void look_for_unsettled(const Examination& at) {
  if (!at.patient.project || !at.history.exists) return;
  for (const Unsettled& left : unsettled(*at.patient.project, at.session)) {
    if (left.goes_on) {
      at.add(Section::migrations, Level::warning, "unsettled",
             fmt::format("{} {} is half done, and the next run goes on with it: {}", left.version.text, left.name,
                         left.evidence),
             {left.direction == Direction::up ? "dunlin migrate" : "dunlin down"});
      continue;
    }
    at.add_error(Section::migrations, "unsettled",
                 {.kind = ErrorKind::remains,
                  .message = fmt::format("{} {} has to be settled: {}", left.version.text, left.name, left.evidence),
                  .hint = "dunlin resolve"});
  }
}

// A runner that is at work is no finding.
void look_at_lock(const Examination& at) {
  if (!at.patient.project) return;
  const auto lock =
      at.patient.project->scheme->run_lock(at.patient.project->driver->dialect(), at.session.server().database);
  if (!lock) return;
  for (const LockHolder& holder : at.session.lock_holders(*lock)) {
    const Blocker& who = holder.who;
    const std::string since =
        who.state_age ? fmt::format(", {} for {}", who.state, format_duration(*who.state_age)) : "";
    const bool idle = who.state.starts_with("idle") && who.state_age.value_or(std::chrono::seconds{0}) >=
                                                           at.patient.older_than.value_or(std::chrono::minutes{1});
    at.add(Section::migrations, idle ? Level::warning : Level::note, "lock",
           fmt::format("pid {} ({}, \"{}\"{}) holds the migration lock", holder.backend.pid, who.user, who.application,
                       since),
           idle ? std::vector<std::string>{"dunlin lock release"} : std::vector<std::string>{});
  }
}

constexpr std::array kChecks{
    Check{"history", Over::one_of_them, &look_at_history},
    Check{"unsettled", Over::one_of_them, &look_for_unsettled},
    Check{"lock", Over::one_of_them, &look_at_lock},
};

}  // namespace

std::span<const Check> migration_checks() {
  return kChecks;
}

}  // namespace dunlin::doctor
