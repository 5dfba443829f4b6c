#include "core/without_rights.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"
#include "core/planner.h"
#include "sql/traits.h"

namespace dunlin {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{2'000};
constexpr milliseconds kReportEvery{1'000};

bool makes_something(const Plan& plan, Dialect dialect) {
  bool found = false;
  for (const Step& step : plan.steps) {
    for_each_statement(step, dialect, [&](const PlannedStatement& statement) {
      if (found || !statement.command.starts_with("CREATE ")) return;
      found = !sql::classify(dialect, statement.text).creates_temporary;
    });
    if (found) break;
  }
  return found;
}

std::size_t not_settled(const RunSession& run, const Plan& plan) {
  return static_cast<std::size_t>(
      std::ranges::count_if(plan.steps, [&](const Step& step) { return !run.is_settled(step); }));
}

std::optional<MissingRights> rights_missing_for(RunSession& run, const Plan& plan) {
  std::optional<MissingRights> lacking = run.session().missing_rights(run.history().name());
  const bool waits = run.options().wait_migrated.count() > 0;
  if (lacking && lacking->rows_only && !waits && !makes_something(plan, run.history().dialect())) return std::nullopt;
  return lacking;
}

Error rights_error(const RunSession& run, const Plan& plan, const MissingRights& lacking) {
  const bool down = plan.steps.front().direction == Direction::down;
  const auto first = std::ranges::find_if(plan.steps, [&](const Step& step) { return !run.is_settled(step); });
  const std::size_t left = not_settled(run, plan);
  const std::string others = left > 1 ? fmt::format(" and {} more", left - 1) : "";
  Error error;
  error.kind = down ? ErrorKind::safety : ErrorKind::pending;
  error.message =
      fmt::format("user \"{}\" cannot {} {} {}{}: it {}, and \"{}\" may", run.server().user, down ? "undo" : "apply",
                  first->migration.version.text, first->migration.name, others, lacking.reason, lacking.owner);
  error.hint = fmt::format("MIGRATION_DATABASE_URL={} dunlin {}", lacking.owner_url, down ? "down" : "migrate");
  if (!down && run.options().wait_migrated.count() == 0) {
    error.hint += ", or wait until somebody has: dunlin migrate --wait-migrated 60s";
  }
  return error;
}

std::optional<Error> await_migrations(RunSession& run, const Plan& plan, const MissingRights& lacking) {
  Clock& clock = *run.project().clock;
  const milliseconds limit = run.options().wait_migrated;
  const auto started = clock.now();
  auto pause = kFirstPause;
  std::optional<milliseconds> reported;
  std::optional<Error> lost;
  while (true) {
    try {
      if (lost) run.connect(true);
      run.refresh();
      lost.reset();
      if (not_settled(run, plan) == 0) return std::nullopt;
    } catch (const Failure& failure) {
      // A history that is only being made may not be readable yet.
      const ErrorKind kind = failure.error().kind;
      if (kind != ErrorKind::connect && kind != ErrorKind::sql) return failure.error();
      lost = failure.error();
    }
    const auto waited = std::chrono::duration_cast<milliseconds>(clock.now() - started);
    if (waited >= limit) {
      if (lost) return lost;
      Error error = rights_error(run, plan, lacking);
      error.message =
          fmt::format("nobody has succeeded in migrating within {}: {}", format_duration(limit), error.message);
      return error;
    }
    if (!reported || waited - *reported >= kReportEvery) {
      run.observer().waiting_for_migrations(not_settled(run, plan), lacking.owner, waited);
      reported = waited;
    }
    if (clock.sleep(std::min({pause, kLongestPause, limit - waited}), run.project().session.interrupt)) {
      return run.interrupted_error();
    }
    run.observer().tick();
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace

void refresh_patiently(RunSession& run) {
  Clock& clock = *run.project().clock;
  const auto give_up = clock.now() + run.options().wait_migrated;
  bool told = false;
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    try {
      run.refresh();
      return;
    } catch (const Failure& failure) {
      if (failure.error().sqlstate != "42501" || clock.now() + pause > give_up) throw;
      if (!told) {
        run.observer().diagnostic({.severity = Severity::note,
                                   .code = "waiting",
                                   .message = "waiting for the migration user: " + failure.error().message});
      }
      told = true;
    }
    if (clock.sleep(pause, run.project().session.interrupt)) throw Failure(run.interrupted_error());
    run.observer().tick();
  }
}

bool settle_without_rights(RunSession& run, const Plan& plan, Report& report) {
  const std::optional<MissingRights> lacking = rights_missing_for(run, plan);
  if (!lacking) return false;
  run.observer().run_started(plan);
  report.planned = plan.steps.size();
  const bool up = plan.steps.front().direction == Direction::up;
  if (!up || run.options().wait_migrated.count() == 0) {
    report.outcome = Outcome::refused;
    report.error = rights_error(run, plan, *lacking);
  } else if ((report.error = await_migrations(run, plan, *lacking))) {
    report.outcome = report.error->kind == ErrorKind::interrupted ? Outcome::interrupted : Outcome::refused;
  } else {
    report.outcome = Outcome::nothing;
    report.awaited = plan.steps.size();
  }
  return true;
}

}  // namespace dunlin
