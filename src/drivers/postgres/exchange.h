// A few statements and their answers in one round trip.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drivers/postgres/errors.h"
#include "drivers/postgres/link.h"
#include "drivers/postgres/pipeline.h"

namespace dunlin::postgres {

struct Sent {
  std::string sql;
  // Of a migration's statement; dunlin's own have none.
  StatementPlace place;
};

struct Exchange {
  Halt halt = Halt::none;
  // One for each statement that was answered without an error, in order.
  std::vector<Rows> rows;
  std::vector<std::string> tags;
  // For every halt but none.
  std::optional<Error> error;
  std::size_t refused_at = 0;

  // Throws Failure when it did not go well.
  void check() const;
};

// Rows are kept where there is no observer. An interrupt that was requested before leaves it two seconds. What is open
// afterwards stays open.
Exchange round_trip(Link&, std::span<const Sent>, const Step* = nullptr, Observer* = nullptr);

// The rows of the last statement; throws Failure.
Rows ask(Link&, std::string_view sql);

// Ends whatever transaction is open, so that the session can be used again. False when the connection is gone.
bool roll_back(Link&);

}  // namespace dunlin::postgres
