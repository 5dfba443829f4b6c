// Reads what one statement answers, outside of pipeline mode, and hands its rows on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/postgres/canceller.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/errors.h"
#include "dunlin/dialogue.h"

namespace dunlin::postgres {

class AnswerReader {
 public:
  // Without a `sink` it is a statement of dunlin's own: it is not cancelled, but an interrupt leaves it two seconds.
  // `interrupt` may be null. `backend` is whom to end when it does not listen to cancel requests.
  AnswerReader(Connection&, const BackendId& backend, const StatementPlace&, const Interrupt*, RowSink*);

  // Of what was sent just now.
  Answer read();

 private:
  void wait();
  void stop();
  void cancel();
  void take(const PGresult*);
  void take_row(const PGresult*, int number);
  void drain_copy();
  void lose(std::string_view said, std::string sqlstate);

  Connection& connection_;
  BackendId backend_;
  StatementPlace place_;
  const Interrupt* interrupt_;
  RowSink* sink_;
  Answer answer_;
  bool has_columns_ = false;
  bool copy_refused_ = false;
  std::vector<Cell> cells_;
  std::unique_ptr<Canceller> canceller_;
  std::optional<SteadyTime> give_up_at_;
};

}  // namespace dunlin::postgres
