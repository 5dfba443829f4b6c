#include "server/database_look.h"

#include <utility>

#include <fmt/format.h>

namespace dunlin::server {

DatabaseLook DatabaseWatch::look() noexcept {
  // A connection that was open before may have broken since: that alone is no news.
  for (bool again = session_ != nullptr;; again = false) {
    try {
      if (!session_) session_ = project_.connect(true);
      DatabaseLook look = look_through(*session_);
      const bool broken = look.problem && look.problem->kind == ErrorKind::connect;
      // A file may have been replaced by another: an open one would go on answering for what is gone.
      if (broken || project_.driver->dialect() == Dialect::sqlite) session_.reset();
      if (!broken || !again) return look;
    } catch (const Failure& failure) {
      session_.reset();
      if (!again) return {.problem = failure.error()};
    } catch (const std::exception& defect) {
      session_.reset();
      if (!again) return {.problem = Error{.kind = ErrorKind::internal, .message = defect.what()}};
    }
  }
}

DatabaseLook DatabaseWatch::look_through(Session& session) const {
  DatabaseLook look;
  const auto began = project_.clock->now();
  session.query("SELECT 1");
  look.latency = project_.clock->now() - began;
  try {
    look.snapshot = read_status(project_, session);
  } catch (const Failure& failure) {
    look.problem = failure.error();
    // The server says that it gave up waiting, and not for what.
    if (look.problem->sqlstate == "55P03")
      look.problem->message =
          fmt::format("{} is locked by another session: {}", project_.table.name, look.problem->message);
    return look;
  }
  try {
    const Dialect dialect = project_.driver->dialect();
    const auto lock = project_.scheme->run_lock(dialect, session.server().database);
    look.locked = lock && !session.lock_holders(*lock).empty();
    look.replication = read_replication(session, dialect);
  } catch (const Failure&) {
    // What this user may not see is left out; a connection that breaks is noticed by the next look.
  }
  return look;
}

}  // namespace dunlin::server
