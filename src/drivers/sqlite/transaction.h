// One transaction of a run: a unit with its history row, or all units of a batch.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/statement_run.h"
#include "dunlin/driver.h"

namespace dunlin::sqlite {

struct TransactionEnd {
  ApplyOutcome outcome = ApplyOutcome::done;
  std::vector<std::chrono::nanoseconds> execution_times;
  std::optional<Error> error;
  bool retryable = false;
  bool remains = false;
};

class Transaction {
 public:
  // The connection's foreign keys are as the session has them.
  Transaction(Connection& connection, Observer& observer) : connection_(connection), observer_(observer) {}

  // Whatever the end, no transaction is open afterwards, and foreign keys are as they were.
  TransactionEnd run(std::span<const Unit> units);

 private:
  // The end of a try: empty when all is well so far.
  using Stop = std::optional<TransactionEnd>;

  TransactionEnd attempt(std::span<const Unit> units, bool foreign_keys_off, bool& restart);
  Stop begin();
  Stop check_fence(const Unit&);
  Stop run_unit(const Unit&);
  Stop run_script(const Step&);
  Stop run_callback(const Step&);
  Stop check_foreign_keys(const Unit&);
  Stop record(const Unit&);
  Stop commit(std::span<const Unit> units);

  Stop stop(Ran ran);
  Stop stop_with(Error error, bool retryable = false);
  Stop stop_interrupted();
  // Of dunlin's own statement, about a unit's file.
  Stop stop_at(const Unit&, std::string_view doing);

  Connection& connection_;
  Observer& observer_;
  ForeignKeyGuard* guard_ = nullptr;
  bool restart_ = false;
  bool pragmas_touched_ = false;
  std::vector<std::chrono::nanoseconds> times_;
};

}  // namespace dunlin::sqlite
