// What one look at the database shows: whether it answers, where its schema is, how its copies follow.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/project.h"
#include "core/runner.h"
#include "dunlin/error.h"
#include "server/replication.h"

namespace dunlin::server {

struct DatabaseLook {
  // Of one round trip; empty when the database did not answer.
  std::optional<std::chrono::nanoseconds> latency;
  // Files and history; empty when the database did not answer, or the history could not be read: `problem` says why.
  std::optional<Snapshot> snapshot;
  std::optional<Error> problem;
  // Empty where there is none, or where this user may not see it.
  std::optional<Replication> replication;
  // A run of dunlin, or of the tool whose lock it shares, is under way.
  bool locked = false;
};

// Keeps one read-only connection for all looks. Belongs to one thread.
class DatabaseWatch {
 public:
  // The project outlives this.
  explicit DatabaseWatch(const Project& project) : project_(project) {}

  // Never throws: a database that cannot be reached is an answer.
  DatabaseLook look() noexcept;

 private:
  DatabaseLook look_through(Session&) const;

  const Project& project_;
  std::unique_ptr<Session> session_;
};

}  // namespace dunlin::server
