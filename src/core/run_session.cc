#include "core/run_session.h"

#include <algorithm>

#include "core/run_lock.h"
#include "core/status.h"

namespace dunlin {

using std::chrono::milliseconds;

RunSession::RunSession(const Project& project, const RunOptions& options, Observer& observer)
    : project_(project),
      options_(options),
      observer_(observer),
      history_(*project.scheme, project.driver ? project.driver->dialect() : Dialect::sqlite, project.table) {}

RunSession::~RunSession() {
  unlock();
}

bool RunSession::interrupted() const {
  return project_.session.interrupt != nullptr && project_.session.interrupt->requested();
}

Error RunSession::interrupted_error() const {
  Error error;
  error.kind = ErrorKind::interrupted;
  error.message = "interrupted";
  return error;
}

void RunSession::connect(bool read_only) {
  session_.reset();
  session_ = project_.connect(read_only);
  server_ = session_->server();
  observer_.connected(server_);
  run_lock_ = project_.scheme->run_lock(project_.driver->dialect(), session_->server().database);
}

void RunSession::refresh() {
  if (session_ == nullptr) throw Failure(ErrorKind::connect, "the connection is gone");
  // Once found it stays where it is: what a migration does to search_path does not move it.
  if (!history_.exists()) history_.locate(*session_);
  std::vector<AppliedMigration> applied = history_.read(*session_);
  history_rows = applied.size();
  status_ = make_status(project_.catalog, *project_.scheme, std::move(applied));
  journal_.emplace(history_.dialect(), history_.name());
}

void RunSession::prepare_history() {
  grants_ = project_.grant_script(*session_, history_.name());
  if (!grants_.in_place) {
    const StatementResult granted = session_->execute_together({}, grants_.before, nullptr, observer_);
    if (granted.outcome != StatementOutcome::done) throw Failure(granted.error.value_or(interrupted_error()));
  }
  history_.create(*session_, grants_.on_history, observer_);
  journal_->locate(*session_);
}

std::optional<Error> RunSession::acquire_lock(const std::optional<BackendId>& orphan) {
  // Behind a pooler there is no session that could hold a lock: each transaction takes it for itself.
  if (!run_lock_ || session_->server().pooled) return std::nullopt;
  const LockPatience patience{.wait = options_.lock_wait, .orphan = orphan};
  const LockResult result =
      acquire(*session_, *run_lock_, patience, *project_.clock, project_.session.interrupt, observer_);
  switch (result.outcome) {
    case LockWait::acquired: locked_ = true; return std::nullopt;
    case LockWait::busy: return lock_busy_error(result.holders, options_.lock_wait);
    case LockWait::interrupted: return interrupted_error();
  }
  return std::nullopt;
}

std::optional<Error> RunSession::lock() {
  std::optional<Error> error = locked_ ? std::nullopt : acquire_lock(std::nullopt);
  if (!error) refresh();
  return error;
}

std::optional<Error> RunSession::keep_lock() {
  if (!locked_ || session_->holds(*run_lock_)) return std::nullopt;
  locked_ = false;
  return lock();
}

std::optional<Error> RunSession::recover(const Error& why) {
  const BackendId orphan = session_->backend();
  locked_ = false;
  session_.reset();
  Clock& clock = *project_.clock;
  const auto give_up = clock.now() + options_.reconnect_for;
  milliseconds pause{100};
  Error last = why;
  for (int attempt = 1;; ++attempt) {
    if (interrupted()) return interrupted_error();
    observer_.reconnecting(last, attempt);
    try {
      session_ = project_.connect(false);
      observer_.connected(session_->server());
      if (std::optional<Error> error = acquire_lock(orphan)) return error;
      refresh();
      return std::nullopt;
    } catch (const Failure& failure) {
      if (failure.error().kind == ErrorKind::interrupted) return failure.error();
      const bool hopeless = failure.error().kind != ErrorKind::connect && failure.error().kind != ErrorKind::sql;
      if (hopeless || clock.now() + pause >= give_up) {
        Error error;
        error.kind = ErrorKind::in_doubt;
        error.message = "the connection broke, and the database could not be asked what became of the last commit";
        error.hint = "when it is reachable again: dunlin migrate  (it finds out by itself)";
        error.cause = std::make_shared<const Error>(failure.error());
        return error;
      }
      last = failure.error();
    }
    if (clock.sleep(pause, project_.session.interrupt)) return interrupted_error();
    pause = std::min(pause * 2, milliseconds{2'000});
  }
}

bool RunSession::is_settled(const Step& step) const {
  const auto row = std::ranges::find(status_.rows, step.migration.version, &StatusRow::version);
  const bool recorded = row != status_.rows.end() && row->applied && row->applied->success && !row->changed;
  return recorded == (step.direction == Direction::up);
}

void RunSession::unlock() noexcept {
  if (locked_ && session_ != nullptr) session_->unlock(*run_lock_);
  locked_ = false;
}

}  // namespace dunlin
