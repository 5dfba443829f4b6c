// A session's connection with what is known of it, shared by the parts that talk over it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/postgres/connection.h"
#include "drivers/postgres/monitor.h"
#include "drivers/postgres/settings.h"
#include "drivers/postgres/watch.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

struct Link {
  Connection connection;
  SessionOptions options;
  ServerInfo server;
  // As the server names our process; through a transaction pooler only the one that answered first.
  BackendId backend;
  // The settings that did not come with the connection, so that statements have to set them.
  std::vector<Setting> by_statement;
  // The role at the session's start, as SET ROLE takes it: NONE or a quoted name.
  std::string initial_role = "NONE";
  std::string initial_authorization;
  std::unique_ptr<Monitor> monitor;
  // The run lock this session has been given.
  std::optional<RunLock> held;

  Watch watch(Observer* observer, const Step* step) const {
    return {options.interrupt, observer, server.pooled ? nullptr : monitor.get(), step, options.answer_timeout};
  }
  bool interrupt_requested() const { return options.interrupt != nullptr && options.interrupt->requested(); }
  // Whom to end when cancelling does not help. A pooler's server process belongs to somebody else a moment later.
  BackendId expendable_backend() const { return server.pooled ? BackendId{} : backend; }
  // In a block that somebody opened, also an aborted one.
  bool in_transaction() const { return connection.usable() && PQtransactionStatus(connection.raw()) != PQTRANS_IDLE; }
};

// Connects, finds out what is at the other end and makes the session's settings. Throws Failure.
std::unique_ptr<Link> open_link(const Parameters&, const SessionOptions&);

}  // namespace dunlin::postgres
