// The library's front door: point it at a database and a set of migrations.
//
//   dunlin::Migrator migrator = dunlin::Migrator::open({.url = url, .directory = "migrations"});
//   dunlin::Report report = migrator.up();
//   if (report.outcome == dunlin::Outcome::failed) ...
//
// A Migrator belongs to one thread. Nothing here prints; pass an Observer to see a run as it happens.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/driver.h"
#include "dunlin/embedded.h"
#include "dunlin/grants.h"
#include "dunlin/migration.h"
#include "dunlin/observer.h"
#include "dunlin/plan.h"
#include "dunlin/report.h"
#include "dunlin/run_options.h"
#include "dunlin/status.h"

namespace dunlin {

struct MigratorOptions {
  // postgres://..., sqlite:path, ... Needed, unless `driver` needs none.
  std::string url;
  // Exactly one of these three gives the migrations.
  std::string directory;
  std::vector<EmbeddedMigration> embedded;
  std::vector<Migration> migrations;

  // Empty: detected, else "sqlx".
  std::string format;
  std::string history;
  // Empty: the scheme's own; may be schema-qualified, quoted or not.
  std::string history_table;

  // Users besides the one who migrates, and what they may do with what migrations make.
  std::vector<RoleGrant> grants;

  SessionOptions session;
  // A driver of the user's own; null: chosen by the URL's scheme.
  std::shared_ptr<Driver> driver;
};

struct Health {
  bool reachable = false;
  std::string error;  // without secrets; empty when reachable
  std::chrono::microseconds latency{};
  std::size_t pending = 0;
  std::size_t failed = 0;
  std::optional<AppliedMigration> last_migration;
};

class Migrator {
 public:
  // Reads and checks the migrations; does not connect. Throws Failure (usage, config, source).
  static Migrator open(MigratorOptions options);
  ~Migrator();
  Migrator(Migrator&&) noexcept;
  Migrator& operator=(Migrator&&) noexcept;

  // What `up` (or `down`) would do now. Reads the history; writes nothing.
  Plan plan(Direction direction = Direction::up, const RunOptions& options = {});

  // Always gives a report, also when a migration failed; throws Failure only before a run has begun
  // (connect, usage). An observer may be null.
  Report up(const RunOptions& options = {}, Observer* observer = nullptr);
  Report down(const RunOptions& options = {}, Observer* observer = nullptr);

  // Files and history side by side. `newest` above 0 gives only that many, the newest applied first.
  std::vector<StatusRow> list(std::size_t newest = 0);
  Status status();

  // Empty when every applied migration's file is there and unchanged.
  std::vector<Diagnostic> validate();

  // Never throws: an unreachable database is an answer.
  Health health() noexcept;

  const std::vector<Migration>& migrations() const;

 private:
  class Impl;
  explicit Migrator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dunlin
