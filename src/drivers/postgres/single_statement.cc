#include "drivers/postgres/single_statement.h"

#include <algorithm>

#include <fmt/format.h>

#include "drivers/postgres/exchange.h"
#include "drivers/postgres/lacking_right.h"
#include "drivers/postgres/monitor_sql.h"
#include "drivers/postgres/verifier.h"
#include "sql/mask.h"
#include "sql/quote.h"
#include "sql/traits.h"

namespace dunlin::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How long a peer that waits for the run lock inside the server may keep an index build from starting, as a multiple of
// the lock timeout: as long as all tries of a transactional migration take together.
constexpr int kWaiterPatience = 15;
constexpr milliseconds kLookAgain{200};

StatementPlace place_of(const SourceStatement& statement, const Step* step) {
  return {statement.text, statement.where, step != nullptr ? &step->script() : nullptr};
}

StatementResult result_of(const Link& link, const Step* step, Exchange&& answer) {
  StatementResult result;
  switch (answer.halt) {
    case Halt::none: return result;
    case Halt::interrupted: result.outcome = StatementOutcome::interrupted; break;
    case Halt::refused:
      result.outcome = StatementOutcome::failed;
      result.refused_in_transaction = is_refused_in_transaction(answer.error->sqlstate);
      result.retryable = is_retryable(answer.error->sqlstate);
      break;
    case Halt::lost:
      // An interrupt that had to end the server process to stop it is still an interrupt.
      result.outcome = link.interrupt_requested() ? StatementOutcome::interrupted : StatementOutcome::lost;
      break;
  }
  result.error = std::move(answer.error);
  if (result.error && step != nullptr) advise_on_right(*result.error, link.server.user, *step);
  return result;
}

StatementResult refused(Error error) {
  StatementResult result;
  result.outcome = StatementOutcome::failed;
  result.error = std::move(error);
  return result;
}

StatementResult interrupted() {
  StatementResult result;
  result.outcome = StatementOutcome::interrupted;
  result.error = interrupted_error();
  return result;
}

std::vector<Blocker> waiters(Link& link) {
  std::vector<Blocker> found;
  if (!link.held) return found;
  for (const Row& row : ask(link, waiters_sql(*link.held))) found.push_back(read_blocker(row, 1));
  return found;
}

// A peer that blocks in pg_advisory_lock on our key holds a snapshot, which CREATE INDEX CONCURRENTLY waits for while
// the peer waits for us: the server would end the index build as the victim of that deadlock.
std::optional<StatementResult> wait_for_waiters_to_leave(Link& link, const SourceStatement& statement,
                                                         Observer& observer) {
  const SteadyTime until = steady_clock::now() + link.options.lock_timeout * kWaiterPatience;
  bool told = false;
  for (std::vector<Blocker> found = waiters(link); !found.empty(); found = waiters(link)) {
    const Blocker& first = found.front();
    const std::string who = fmt::format("pid {} (\"{}\", user {})", first.pid, first.application, first.user);
    const std::string hint =
        fmt::format("stop it: SELECT pg_cancel_backend({}); then run dunlin migrate again", first.pid);
    if (!told) {
      Diagnostic diagnostic;
      diagnostic.severity = Severity::warning;
      diagnostic.code = "lock-waiter";
      diagnostic.message = fmt::format(
          "{} waits for the migration lock inside the server, which would deadlock this "
          "statement; waiting for it to leave",
          who);
      diagnostic.hint = hint;
      diagnostic.where = statement.where;
      observer.diagnostic(diagnostic);
      told = true;
    }
    if (steady_clock::now() >= until) {
      Error error;
      error.kind = ErrorKind::lock_busy;
      error.message = fmt::format(
          "{} waits for the migration lock inside the server and would deadlock this statement, "
          "which was therefore not started",
          who);
      error.hint = hint;
      error.where = statement.where;
      error.statement = sql::mask_literals(statement.text);
      return refused(std::move(error));
    }
    observer.tick();
    if (link.options.interrupt != nullptr && link.options.interrupt->wait_for(kLookAgain)) return interrupted();
    if (link.options.interrupt == nullptr) Interrupt().wait_for(kLookAgain);
  }
  return std::nullopt;
}

// Through a transaction pooler no session setting can be relied on, so a timeout of the role's own would hit.
std::optional<StatementResult> refuse_timeouts_of_pooler(Link& link, const SourceStatement& statement) {
  const Rows rows =
      ask(link, "SELECT pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout')");
  if (rows.front()[0] == "0" && rows.front()[1] == "0") return std::nullopt;
  Error error;
  error.kind = ErrorKind::safety;
  error.message = fmt::format(
      "behind a transaction pooler, where the role has lock_timeout {} and statement_timeout {}, this "
      "statement could be cut off half done",
      *rows.front()[0], *rows.front()[1]);
  error.hint = "name the server itself with --direct-url";
  error.where = statement.where;
  return refused(std::move(error));
}

bool must_not_time_out(const sql::Traits& traits) {
  return traits.concurrently || traits.command.starts_with("VACUUM");
}

class NoLockTimeout {
 public:
  NoLockTimeout(Link& link, bool active) : link_(link), active_(active) {
    if (active_) ask(link_, "SET lock_timeout = 0");
  }
  ~NoLockTimeout() {
    if (!active_ || !link_.connection.usable()) return;
    try {
      ask(link_, fmt::format("SET lock_timeout = {}", link_.options.lock_timeout.count()));
    } catch (const std::exception&) {
      link_.connection.close();
    }
  }
  NoLockTimeout(const NoLockTimeout&) = delete;
  NoLockTimeout& operator=(const NoLockTimeout&) = delete;

 private:
  Link& link_;
  bool active_;
};

StatementResult run_long(Link& link, const SourceStatement& statement, const sql::Traits& traits, const Step* step,
                         Observer& observer) {
  if (link.server.pooled) {
    if (auto no = refuse_timeouts_of_pooler(link, statement)) return *no;
  } else if (traits.concurrently) {
    if (auto no = wait_for_waiters_to_leave(link, statement, observer)) return *no;
    if (link.monitor) link.monitor->watch_for_waiters(link.held);
  }
  const NoLockTimeout unlimited(link, !link.server.pooled);
  const Sent sent{std::string(statement.text), place_of(statement, step)};
  StatementResult result = result_of(link, step, round_trip(link, {&sent, 1}, step, &observer));
  if (link.monitor) link.monitor->watch_for_waiters(std::nullopt);
  if (result.outcome == StatementOutcome::done) {
    if (std::optional<Error> hollow = hollow_success(link, statement)) return refused(std::move(*hollow));
  } else if (result.outcome == StatementOutcome::failed && result.error->sqlstate == "55000") {
    // An earlier DETACH CONCURRENTLY was cut off after its first half; only FINALIZE does the second.
    if (const std::string finalize = finalize_sql(link, statement.text); !finalize.empty()) {
      const Sent second{finalize, place_of(statement, step)};
      return result_of(link, step, round_trip(link, {&second, 1}, step, &observer));
    }
  }
  return result;
}

}  // namespace

StatementResult run_alone(Link& link, const SourceStatement& statement, const Step* step, Observer& observer) {
  const SteadyTime started = steady_clock::now();
  // Without a step it is dunlin's own clearing up, which has to work after an interrupt too.
  if (step != nullptr && link.interrupt_requested()) return interrupted();
  const sql::Traits traits = sql::classify(Dialect::postgres, statement.text);
  StatementResult result;
  try {
    if (must_not_time_out(traits) && !link.in_transaction()) {
      result = run_long(link, statement, traits, step, observer);
    } else {
      const Sent sent{std::string(statement.text), place_of(statement, step)};
      result = result_of(link, step, round_trip(link, {&sent, 1}, step, &observer));
    }
  } catch (const Failure& failure) {
    // From the questions asked around the statement.
    result = refused(failure.error());
    if (failure.error().kind == ErrorKind::interrupted) result.outcome = StatementOutcome::interrupted;
    if (!link.connection.usable()) result.outcome = StatementOutcome::lost;
  }
  result.execution_time = steady_clock::now() - started;
  return result;
}

StatementResult run_together(Link& link, std::span<const SourceStatement> statements,
                             std::span<const std::string> record, const Step* step, Observer& observer) {
  const SteadyTime started = steady_clock::now();
  if (!statements.empty() && link.interrupt_requested()) return interrupted();
  std::vector<Sent> sent{{"BEGIN", {}}};
  if (link.server.pooled) {
    for (const Setting& setting : link.by_statement) sent.push_back({set_sql(setting, true), {}});
  }
  for (const SourceStatement& statement : statements)
    sent.push_back({std::string(statement.text), place_of(statement, step)});
  if (!record.empty()) {
    // The file may have changed them; LOCAL brings its own back after the COMMIT.
    const char* authorization = PQparameterStatus(link.connection.raw(), "session_authorization");
    if (authorization != nullptr && link.initial_authorization != authorization) {
      sent.push_back({"SET LOCAL SESSION AUTHORIZATION DEFAULT", {}});
    }
    sent.push_back({"SET LOCAL ROLE " + link.initial_role, {}});
  }
  for (const std::string& sql : record) sent.push_back({sql, {}});
  sent.push_back({"COMMIT", {}});
  Exchange answer = round_trip(link, sent, step, &observer);
  const bool undone = answer.halt == Halt::none && answer.tags.back() != "COMMIT";
  StatementResult result = result_of(link, step, std::move(answer));
  if (undone) {
    result = refused(
        {.kind = ErrorKind::sql, .message = "the statements ended the transaction that dunlin opened for them"});
  }
  roll_back(link);
  result.execution_time = steady_clock::now() - started;
  return result;
}

void restore_settings(Link& link) {
  if (link.server.pooled || link.by_statement.empty()) return;
  std::vector<Sent> sets;
  for (const Setting& setting : link.by_statement) sets.push_back({set_sql(setting, false), {}});
  round_trip(link, sets).check();
}

}  // namespace dunlin::postgres
