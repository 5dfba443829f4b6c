#include "dunlin/migrator.h"

#include <algorithm>

#include "app/open.h"
#include "core/planner.h"
#include "core/runner.h"
#include "core/status.h"

namespace dunlin {

class Migrator::Impl {
 public:
  explicit Impl(Project opened) : project(std::move(opened)) {
    if (project.driver == nullptr) {
      throw Failure(ErrorKind::usage, "no database is named", "set MigratorOptions::url or MigratorOptions::driver");
    }
  }

  Snapshot snapshot() {
    const std::unique_ptr<Session> session = project.connect(true);
    return read_status(project, *session);
  }

  Project project;
};

namespace {

Observer& or_silent(Observer* observer) {
  static Observer silent;
  return observer != nullptr ? *observer : silent;
}

}  // namespace

Migrator::Migrator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Migrator::~Migrator() = default;
Migrator::Migrator(Migrator&&) noexcept = default;
Migrator& Migrator::operator=(Migrator&&) noexcept = default;

Migrator Migrator::open(MigratorOptions options) {
  return Migrator(std::make_unique<Impl>(app::open(options)));
}

Plan Migrator::plan(Direction direction, const RunOptions& options) {
  const Status status = impl_->snapshot().status;
  const Project& project = impl_->project;
  const Dialect dialect = project.driver->dialect();
  return direction == Direction::up ? plan_up(project.catalog, *project.scheme, status, dialect, options)
                                    : plan_down(project.catalog, *project.scheme, status, dialect, options);
}

Report Migrator::up(const RunOptions& options, Observer* observer) {
  return run_up(impl_->project, options, or_silent(observer));
}

Report Migrator::down(const RunOptions& options, Observer* observer) {
  return run_down(impl_->project, options, or_silent(observer));
}

Status Migrator::status() {
  return impl_->snapshot().status;
}

std::vector<StatusRow> Migrator::list(std::size_t newest) {
  std::vector<StatusRow> rows = status().rows;
  if (newest == 0) return rows;
  std::erase_if(rows, [](const StatusRow& row) { return !row.applied; });
  std::ranges::reverse(rows);
  if (rows.size() > newest) rows.resize(newest);
  return rows;
}

std::vector<Diagnostic> Migrator::validate() {
  return dunlin::validate(impl_->project.catalog, status());
}

Health Migrator::health() noexcept {
  Health health;
  const auto started = std::chrono::steady_clock::now();
  try {
    const Status status = impl_->snapshot().status;
    health.reachable = true;
    health.pending = status.count(MigrationState::pending);
    health.failed = status.count(MigrationState::failed);
    for (const StatusRow& row : status.rows) {
      if (row.applied && row.applied->success) health.last_migration = row.applied;
    }
  } catch (const std::exception& failure) {
    health.error = failure.what();
  }
  health.latency = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started);
  return health;
}

const std::vector<Migration>& Migrator::migrations() const {
  return impl_->project.catalog.migrations;
}

}  // namespace dunlin
