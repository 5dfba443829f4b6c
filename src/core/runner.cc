#include "core/runner.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "core/journalled_step.h"
#include "core/planner.h"
#include "core/run_session.h"
#include "core/status.h"
#include "core/without_rights.h"

namespace dunlin {
namespace {

using std::chrono::milliseconds;

constexpr int kMostConnectionLosses = 5;

// Full jitter: runners that collided once do not collide again in step.
milliseconds backoff(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto longest = std::min(100 << std::min(attempt, 6), 5'000);
  return milliseconds{std::uniform_int_distribution<int>{50, longest}(random)};
}

class Run {
 public:
  Run(const Project& project, const RunOptions& options, Observer& observer, Direction direction)
      : project_(project),
        options_(options),
        observer_(observer),
        direction_(direction),
        run_(project, options, observer),
        started_(project.clock->now()) {}

  Report go() {
    try {
      run_.connect(false);
    } catch (const Failure& failure) {
      return finish_with(failure.error());
    }
    while (!stopped_) {
      try {
        work();
        break;
      } catch (const Failure& failure) {
        if (failure.error().kind == ErrorKind::usage && report_.applied.empty()) throw;
        if (failure.error().kind != ErrorKind::connect) return finish_with(failure.error());
        recover(failure.error());
      }
    }
    return finish();
  }

 private:
  void work() {
    if (begun_) {
      plan_again();
    } else {
      refresh_patiently(run_);
      plan_ = make_plan();
      if (settle_without_work() || settle_without_rights(run_, plan_, report_)) return;
      if (std::optional<Error> error = run_.lock()) {
        finish_with(*error);
        return;
      }
      plan_ = make_plan();
      if (settle_without_work()) return;
      run_.prepare_history();
      check_journal();
      report_.planned = plan_.steps.size();
      observer_.run_started(plan_);
      for (const Diagnostic& found : plan_.diagnostics) observer_.diagnostic(found);
      begun_ = true;
    }
    run_steps();
  }

  Plan make_plan() {
    const Dialect dialect = run_.history().dialect();
    Plan plan = direction_ == Direction::up
                    ? plan_up(project_.catalog, *project_.scheme, run_.status(), dialect, options_)
                    : plan_down(project_.catalog, *project_.scheme, run_.status(), dialect, options_);
    report_.diagnostics = plan.diagnostics;
    return plan;
  }

  // Refused, or nothing to do: then nothing was written and no lock is needed.
  bool settle_without_work() {
    if (!plan_.refusal && !plan_.steps.empty()) return false;
    observer_.run_started(plan_);
    report_.planned = plan_.steps.size();
    if (plan_.refusal) {
      report_.outcome = Outcome::refused;
      report_.error = plan_.refusal;
    }
    return true;
  }

  // A migration that an earlier run left half done, and that is now to be run as one transaction, cannot be resumed.
  // Nor can one be undone that was never done to its end, or done that was never undone to its end: what is left in the
  // journal would make a later run skip statements.
  void check_journal() {
    if (!run_.journal().exists()) return;
    for (const Step& step : plan_.steps) {
      const bool up = step.direction == Direction::up;
      if (!run_.journal()
               .read(run_.session(), {step.migration.version, up ? Direction::down : Direction::up})
               .empty()) {
        const std::string& version = step.migration.version.text;
        throw Failure(ErrorKind::remains,
                      fmt::format("{} is {} by the history, and half {} by dunlin_journal", version,
                                  up ? "not applied" : "applied", up ? "undone" : "done"),
                      fmt::format("dunlin resolve {}  says how to settle it", version));
      }
      if (step.execution != Execution::transaction) continue;
      const auto entries = run_.journal().read(run_.session(), {step.migration.version, step.direction});
      if (entries.empty()) continue;
      Error error;
      error.kind = ErrorKind::remains;
      error.message = fmt::format(
          "an earlier run left {} half done, statement by statement, and its file now asks for one "
          "transaction",
          step.migration.version.text);
      error.hint =
          fmt::format("put the file's no-transaction mark back, or: dunlin resolve {} --applied | --rolled-back",
                      step.migration.version.text);
      error.where.file = step.script().shown_as();
      throw Failure(std::move(error));
    }
  }

  void run_steps() {
    while (next_ < plan_.steps.size() && !stopped_) {
      if (run_.interrupted()) {
        interrupted();
        return;
      }
      if (plan_.steps[next_].execution != Execution::transaction) {
        run_journalled_step();
      } else {
        std::size_t end = next_;
        while (end < plan_.steps.size() && plan_.steps[end].execution == Execution::transaction) ++end;
        run_units(end);
      }
    }
    if (!stopped_) report_.outcome = report_.applied.empty() ? Outcome::nothing : Outcome::applied;
  }

  std::vector<Unit> units(std::size_t begin, std::size_t end) {
    const HistoryScheme& scheme = run_.history().scheme();
    const Dialect dialect = run_.history().dialect();
    const TableName& table = run_.history().name();
    std::vector<Unit> units;
    units.reserve(end - begin);
    std::size_t rows = run_.history_rows;
    for (std::size_t i = begin; i < end; ++i) {
      const Step& step = plan_.steps[i];
      const bool up = step.direction == Direction::up;
      Unit unit{.step = &step, .index = i, .record = run_.grants().after, .fence = {}};
      std::ranges::move(up ? scheme.record_up_sql(dialect, table, step.migration, std::nullopt)
                           : scheme.record_down_sql(dialect, table, step.migration.version),
                        std::back_inserter(unit.record));
      unit.fence = scheme.fence(dialect, table, step.migration.version, !up, rows);
      rows = up ? rows + 1 : rows - 1;
      units.push_back(std::move(unit));
    }
    return units;
  }

  void run_units(std::size_t end) {
    const std::vector<Unit> batch = units(next_, end);
    const ApplyResult result = run_.session().apply(batch, plan_.scope, run_.run_lock(), observer_);
    for (std::size_t i = 0; i < result.committed; ++i) {
      add_applied(plan_.steps[next_ + i], result.execution_times.at(i), false);
    }
    if (result.committed > 0) {
      attempts_ = 0;
      busy_since_.reset();
    }
    next_ += result.committed;
    switch (result.outcome) {
      case ApplyOutcome::done: keep_lock(); break;
      case ApplyOutcome::moved:
        run_.refresh();
        plan_again();
        break;
      case ApplyOutcome::lost: recover(result.error.value_or(Error{})); break;
      case ApplyOutcome::interrupted: interrupted(); break;
      case ApplyOutcome::failed: unit_failed(result); break;
    }
  }

  void unit_failed(const ApplyResult& result) {
    const Step& step = plan_.steps[next_ + result.failed_unit.value_or(result.committed) - result.committed];
    const Error error = result.error.value_or(Error{});
    // With a session of our own the lock was ours: then a migration has dropped it and another runner has taken it.
    if (error.kind == ErrorKind::lock_busy && run_.session().server().pooled) {
      wait_for_pooled_lock(error);
      return;
    }
    if (result.retryable && !result.remains && attempts_ < options_.lock_retries) {
      const milliseconds pause = backoff(attempts_++);
      observer_.step_retrying(step, attempts_, options_.lock_retries + 1, error, pause);
      if (project_.clock->sleep(pause, project_.session.interrupt)) {
        interrupted();
      } else {
        keep_lock();
      }
      return;
    }
    // A tool that takes no lock may have run the same file at the same time: then ours failed because theirs succeeded.
    run_.refresh();
    if (!result.remains && run_.is_settled(step)) {
      plan_again();
      return;
    }
    fail(step, error, result.remains, false);
  }

  void wait_for_pooled_lock(const Error& error) {
    const auto now = project_.clock->now();
    if (!busy_since_) busy_since_ = now;
    const auto waited = std::chrono::duration_cast<milliseconds>(now - *busy_since_);
    observer_.waiting_for_run_lock({}, waited);
    if (waited >= options_.lock_wait) {
      finish_with(error);
    } else if (project_.clock->sleep(backoff(0), project_.session.interrupt)) {
      interrupted();
    } else {
      run_.refresh();
      plan_again();
    }
  }

  void run_journalled_step() {
    const Step& step = plan_.steps[next_];
    if (run_.session().server().pooled) {
      Error error;
      error.kind = ErrorKind::safety;
      error.message = fmt::format(
          "{} has to run outside a transaction, and that needs a session of its own, which a "
          "transaction pooler does not give",
          step.migration.version.text);
      error.hint =
          "pass the server itself: --direct-url postgres://...  (or --pooler session, if the pooler pools sessions)";
      fail(step, error, false, true);
      return;
    }
    observer_.step_started(step, next_);
    const StepResult result = run_journalled(run_, step);
    switch (result.outcome) {
      case StepResult::Outcome::done:
        add_applied(step, result.execution_time, false);
        observer_.step_finished(step, report_.applied.back());
        ++next_;
        keep_lock();
        break;
      case StepResult::Outcome::lost: recover(result.error.value_or(Error{})); break;
      case StepResult::Outcome::interrupted:
        if (result.remains) note_remains(step, *result.error);
        interrupted();
        break;
      case StepResult::Outcome::failed:
        fail(step, result.error.value_or(Error{}), result.remains, result.resumable);
        break;
    }
  }

  void recover(const Error& why) {
    is_lost_ = true;
    if (++losses_ > kMostConnectionLosses) {
      Error error = why;
      error.hint = "the connection breaks again and again; look at the server's log";
      finish_with(error);
      return;
    }
    if (std::optional<Error> error = run_.recover(why)) {
      finish_with(*error);
      return;
    }
    is_lost_ = false;
    if (begun_) plan_again();
  }

  void keep_lock() {
    if (next_ >= plan_.steps.size()) return;
    const std::size_t rows = run_.history_rows;
    if (std::optional<Error> error = run_.keep_lock()) {
      finish_with(*error);
    } else if (run_.history_rows != rows) {
      plan_again();
    }
  }

  // The history moved: keep of the plan what is still to be done, and report what turned out to be done. Steps are
  // values, so nothing has to be decided again.
  void plan_again() {
    std::vector<Step> left;
    for (std::size_t i = next_; i < plan_.steps.size(); ++i) {
      if (run_.is_settled(plan_.steps[i])) {
        const auto& rows = run_.status().rows;
        const auto row = std::ranges::find(rows, plan_.steps[i].migration.version, &StatusRow::version);
        const auto took = row != rows.end() && row->applied ? row->applied->execution_time : std::nullopt;
        add_applied(plan_.steps[i], took.value_or(std::chrono::nanoseconds{0}), true);
        observer_.step_finished(plan_.steps[i], report_.applied.back());
      } else {
        left.push_back(std::move(plan_.steps[i]));
      }
    }
    plan_.steps = std::move(left);
    next_ = 0;
    if (!plan_.steps.empty()) observer_.run_started(plan_);
  }

  void add_applied(const Step& step, std::chrono::nanoseconds took, bool by_another) {
    report_.applied.push_back({step.migration.version, step.migration.name, direction_, took, by_another});
    if (by_another) return;
    if (direction_ == Direction::up) {
      ++run_.history_rows;
    } else {
      --run_.history_rows;
    }
  }

  void note_remains(const Step& step, const Error& error) {
    report_.failed = FailedStep{step.migration.version, step.migration.name, error, true, true};
  }

  void fail(const Step& step, const Error& error, bool remains, bool resumable) {
    report_.outcome = Outcome::failed;
    report_.failed = FailedStep{step.migration.version, step.migration.name, error, remains, resumable};
    observer_.step_failed(step, *report_.failed);
    stopped_ = true;
  }

  void interrupted() {
    report_.outcome = Outcome::interrupted;
    report_.error = run_.interrupted_error();
    stopped_ = true;
  }

  Report finish_with(const Error& error) {
    report_.outcome = error.kind == ErrorKind::interrupted ? Outcome::interrupted : Outcome::error;
    report_.error = error;
    stopped_ = true;
    return finish();
  }

  Report finish() {
    if (finished_) return report_;
    finished_ = true;
    summarise();
    run_.unlock();
    report_.duration = project_.clock->now() - started_;
    observer_.run_finished(report_);
    return report_;
  }

  void summarise() {
    report_.pending_left = run_.status().count(MigrationState::pending);
    report_.at_version = run_.status().at_version();
    if (report_.applied.empty()) {
      // Nothing was written since it was read.
      const bool is_away = is_lost_ || (report_.error && report_.error->kind == ErrorKind::connect);
      if (!is_away && run_.has_read_history()) report_.status = run_.status();
      return;
    }
    try {
      // The truth is the database's: some migrations write the history table themselves. Interrupted, this throws.
      run_.refresh();
      report_.pending_left = run_.status().count(MigrationState::pending);
      report_.at_version = run_.status().at_version();
      report_.status = run_.status();
    } catch (const Failure&) {
      // It cannot be asked any more: say what we know.
      if (direction_ == Direction::up) {
        report_.pending_left = plan_.left_pending + plan_.steps.size() - next_;
        report_.at_version = report_.applied.back().version;
      }
    }
  }

  const Project& project_;
  const RunOptions& options_;
  Observer& observer_;
  Direction direction_;
  RunSession run_;
  Clock::Steady started_;
  Plan plan_;
  Report report_;
  // The first step of the plan that is not done.
  std::size_t next_ = 0;
  // Tries of that step.
  int attempts_ = 0;
  // Since when its transaction finds the run lock taken; only behind a pooler, where each transaction takes it.
  std::optional<Clock::Steady> busy_since_;
  int losses_ = 0;
  // The connection broke and there is no other.
  bool is_lost_ = false;
  // Under the lock, with a plan that is being carried out.
  bool begun_ = false;
  bool stopped_ = false;
  bool finished_ = false;
};

}  // namespace

Report run_up(const Project& project, const RunOptions& options, Observer& observer) {
  return Run(project, options, observer, Direction::up).go();
}

Report run_down(const Project& project, const RunOptions& options, Observer& observer) {
  return Run(project, options, observer, Direction::down).go();
}

Snapshot read_status(const Project& project, Session& session) {
  Snapshot snapshot;
  snapshot.server = session.server();
  HistoryTable history(*project.scheme, project.driver->dialect(), project.table);
  history.locate(session);
  snapshot.table = history.name();
  snapshot.history_exists = history.exists();
  snapshot.status = make_status(project.catalog, *project.scheme, history.read(session));
  Journal journal(history.dialect(), history.name());
  journal.locate(session);
  note_half_done(snapshot.status, project, journal, session);
  return snapshot;
}

}  // namespace dunlin
