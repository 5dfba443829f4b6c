// One call of apply(): feeds the units into the pipeline and keeps book of the answers.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drivers/postgres/link.h"
#include "drivers/postgres/pipeline.h"
#include "dunlin/driver.h"
#include "sql/statement_reader.h"
#include "sql/traits.h"

namespace dunlin::postgres {

class Batch final : private Recipient {
 public:
  Batch(Link&, std::span<const Unit>, TransactionScope, const std::optional<RunLock>&, Observer&);
  ApplyResult run();

 private:
  enum Role { begin, prelude, take_lock, fence, statement, from_callback, guard, reset, record, commit };
  class Context;

  void feed(std::size_t unit);
  void feed_script(std::size_t unit);
  void call_back(std::size_t unit);
  void open_transaction(std::size_t unit, bool first_statement_sets_transaction);
  void close_transaction(std::size_t unit);
  void send_own(Role, std::size_t unit, const std::string& sql);
  void send_statement(std::size_t unit, std::size_t number, const sql::Statement&);
  // Waits for everything sent so far. False when the batch is over.
  bool settle();
  Rows run_for_callback(std::size_t unit, std::string_view sql);
  void conclude();
  void start(std::size_t unit);
  void confirm(std::size_t unit);

  void row(const Ticket&, const PGresult*, int) override;
  void answered(const Ticket&, const PGresult*) override;
  void refused(const Ticket&, const PGresult*) override;
  void notice(const Ticket*, ServerNotice) override;

  Error error_at(const Ticket&, const PGresult*) const;
  void guard_refused(const Ticket&, const std::string& message);
  bool waits_for_commit() const;
  const Step& step(std::size_t unit) const { return *units_[unit].step; }
  bool together() const { return scope_ == TransactionScope::all; }

  Link& link_;
  std::span<const Unit> units_;
  TransactionScope scope_;
  std::optional<RunLock> lock_;
  Observer& observer_;
  Pipeline pipeline_;
  ApplyResult result_;
  // Feeding: the nonce of the open unit, and whether its fence still has to be asked at its end.
  std::string nonce_;
  bool fence_at_end_ = false;
  // A statement of the unit being fed ends transactions: our marks must not be set again after it.
  bool fed_an_end_ = false;
  std::size_t feeding_ = 0;
  // Answers: the unit that runs, since when, and whether it has ended our transaction by itself.
  std::size_t running_ = 0;
  SteadyTime running_since_;
  bool ended_ours_ = false;
  bool commit_rolled_back_ = false;
  bool moved_ = false;
  std::optional<Error> error_;
  std::vector<SteadyTime::duration> times_;
  Rows callback_rows_;
};

}  // namespace dunlin::postgres
