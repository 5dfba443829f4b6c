// Stops what a server process of ours is doing. One cancel request is not enough: a pipelined server drops it when it
// arrives between two messages, so it is repeated until told to stop; after three seconds the process is ended from a
// second connection.
#pragma once

#include <memory>

#include "drivers/postgres/connection.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

class Canceller {
 public:
  // Begins at once, on a thread of its own: libpq's cancel request waits for the network. A `backend` without a pid is
  // never ended, only cancelled.
  Canceller(const Connection&, const BackendId& backend);
  // Returns only when no request is on its way any more, so that none can hit a later statement; but not later than a
  // second after it was asked to.
  ~Canceller();
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dunlin::postgres
