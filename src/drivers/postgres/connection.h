// One libpq connection, non-blocking, and the single place where dunlin waits for a server.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <libpq-fe.h>

#include "drivers/postgres/parameters.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

struct ResultDeleter {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

using SteadyTime = std::chrono::steady_clock::time_point;

struct Wake {
  bool readable = false;
  bool writable = false;
  bool interrupted = false;
};

class Connection {
 public:
  // Connects; throws Failure (usage, connect, interrupted). `timeout` counts for each host of a list.
  static Connection open(const Parameters&, std::chrono::milliseconds timeout, const Interrupt*);

  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  PGconn* raw() const noexcept { return connection_.get(); }
  const Parameters& parameters() const noexcept { return parameters_; }
  bool usable() const noexcept { return connection_ && PQstatus(connection_.get()) == CONNECTION_OK; }
  // Ends it without waiting for anything that still runs.
  void close() noexcept { connection_.reset(); }

  // Until the socket can be read, or written when `for_writing`, `also` (when not negative) can be read, the interrupt
  // is requested (when not null), or `until`.
  Wake wait(bool for_writing, const Interrupt* interrupt, SteadyTime until, int also = -1) const;

 private:
  struct Deleter {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  Connection(PGconn* connection, Parameters parameters) : connection_(connection), parameters_(std::move(parameters)) {}

  std::unique_ptr<PGconn, Deleter> connection_;
  Parameters parameters_;
};

// Begins connecting without waiting; never null. For the callers that poll for themselves.
PGconn* start_connecting(const Parameters&);

}  // namespace dunlin::postgres
