#include "drivers/postgres/batch.h"

#include <fmt/format.h>

#include "drivers/postgres/errors.h"
#include "drivers/postgres/exchange.h"
#include "drivers/postgres/lacking_right.h"
#include "drivers/postgres/transaction_sql.h"

namespace dunlin::postgres {

using std::chrono::steady_clock;

// What a migration written in C++ sees: each call waits for its answer, inside the unit's transaction.
class Batch::Context final : public MigrationContext {
 public:
  Context(Batch& batch, std::size_t unit) : batch_(batch), unit_(unit) {}

  void execute(std::string_view text) override {
    const Script script = Script::from_text(std::string(text), {});
    const auto bytes = script.open();
    sql::StatementReader reader(Dialect::postgres, *bytes, "SQL of a migration in C++");
    while (const auto next = reader.next()) batch_.run_for_callback(unit_, next->text);
  }
  std::vector<std::vector<std::optional<std::string>>> query(std::string_view text) override {
    return batch_.run_for_callback(unit_, text);
  }

 private:
  Batch& batch_;
  std::size_t unit_;
};

Batch::Batch(Link& link, std::span<const Unit> units, TransactionScope scope, const std::optional<RunLock>& lock,
             Observer& observer)
    : link_(link),
      units_(units),
      scope_(scope),
      lock_(lock),
      observer_(observer),
      pipeline_(link.connection, link.expendable_backend(),
                link.watch(&observer, units.empty() ? nullptr : units.front().step), *this) {}

ApplyResult Batch::run() {
  if (units_.empty()) return result_;
  if (link_.interrupt_requested()) {
    result_.outcome = ApplyOutcome::interrupted;
    return result_;
  }
  start(0);
  try {
    for (std::size_t unit = 0; unit < units_.size() && pipeline_.accepting() && !error_; ++unit) feed(unit);
    if (together() && pipeline_.accepting() && !error_) send_own(commit, units_.size() - 1, "COMMIT");
  } catch (const Failure& failure) {
    // A file that cannot be read, or not be cut into statements, any more: it was both when the plan was made.
    if (!error_) {
      error_ = failure.error();
      result_.failed_unit = feeding_;
    }
  }
  conclude();
  return std::move(result_);
}

void Batch::feed(std::size_t unit) {
  feeding_ = unit;
  if (step(unit).callback()) {
    call_back(unit);
  } else {
    feed_script(unit);
  }
}

void Batch::feed_script(std::size_t unit) {
  const Step& fed = step(unit);
  const Script& script = fed.script();
  std::optional<sql::Statement> current;
  std::unique_ptr<ScriptReader> bytes;
  std::optional<sql::StatementReader> reader;
  if (!script.empty()) {
    bytes = script.open();
    reader.emplace(Dialect::postgres, *bytes, script.shown_as(), script.first_line());
    current = reader->next();
  }
  std::size_t number = 0;
  if (fed.drop_outer_transaction && current) {
    current = reader->next();
    ++number;
  }
  open_transaction(unit, current && sql::classify(Dialect::postgres, current->text).changes_transaction);
  while (current && pipeline_.accepting()) {
    // Looked ahead only where the last one is dropped: a statement may be large.
    std::optional<sql::Statement> next;
    if (fed.drop_outer_transaction) next = reader->next();
    if (!fed.drop_outer_transaction || next) send_statement(unit, number++, *current);
    current.reset();
    current = fed.drop_outer_transaction ? std::move(next) : reader->next();
  }
  close_transaction(unit);
}

void Batch::open_transaction(std::size_t unit, bool first_statement_sets_transaction) {
  nonce_ = make_nonce();
  fed_an_end_ = false;
  if (!together() || unit == 0) {
    send_own(begin, unit, begin_sql(step(unit).transaction_characteristics, link_.options.isolation));
  }
  for (const std::string& sql : prelude_sql(link_, nonce_)) send_own(prelude, unit, sql);
  // Without a session there is no session lock: the transaction takes it, at once where its first statement allows one
  // before it.
  const bool fenced = link_.server.pooled && !units_[unit].fence.sql.empty();
  fence_at_end_ = fenced && first_statement_sets_transaction;
  if (first_statement_sets_transaction || !link_.server.pooled) return;
  if (lock_) send_own(take_lock, unit, take_lock_sql(*lock_));
  if (fenced) send_own(fence, unit, fence_sql(units_[unit].fence));
}

void Batch::close_transaction(std::size_t unit) {
  send_own(guard, unit, guard_sql(nonce_, lock_));
  if (fence_at_end_) send_own(fence, unit, fence_sql(units_[unit].fence));
  for (const std::string& sql : reset_sql(link_)) send_own(reset, unit, sql);
  for (const std::string& sql : units_[unit].record) send_own(record, unit, sql);
  if (together()) return;
  send_own(commit, unit, "COMMIT");
  // The server sends what it has, so that a client's death is noticed within one migration.
  pipeline_.request_flush();
}

void Batch::send_own(Role role, std::size_t unit, const std::string& sql) {
  pipeline_.send(sql, {.role = role, .unit = unit});
}

void Batch::send_statement(std::size_t unit, std::size_t number, const sql::Statement& sent) {
  pipeline_.send(sent.text,
                 {.role = statement, .unit = unit, .statement = number, .line = sent.line, .column = sent.column});
  const sql::Traits traits = sql::classify(Dialect::postgres, sent.text);
  if (traits.transaction != sql::TransactionWord::none &&
      traits.transaction != sql::TransactionWord::rollback_to_savepoint) {
    fed_an_end_ = true;
  }
  // A RESET ALL of the file's own clears our mark. Outside our transaction it must stay cleared: it is what tells.
  if (traits.resets_settings && !fed_an_end_) {
    for (const std::string& sql : prelude_sql(link_, nonce_)) send_own(prelude, unit, sql);
  }
}

bool Batch::settle() {
  return pipeline_.finish() == Halt::none && !error_;
}

void Batch::call_back(std::size_t unit) {
  open_transaction(unit, false);
  if (!settle()) return;
  Context context(*this, unit);
  result_.failed_unit = unit;
  try {
    step(unit).callback()(context);
  } catch (const Failure& failure) {
    if (!error_) error_ = failure.error();
  } catch (const std::exception& exception) {
    if (!error_) {
      error_ =
          Error{.kind = ErrorKind::sql, .message = fmt::format("the migration's code failed: {}", exception.what())};
    }
  }
  // An error that the code has swallowed has ended the transaction all the same.
  if (error_ || !pipeline_.accepting()) return;
  result_.failed_unit.reset();
  close_transaction(unit);
}

Rows Batch::run_for_callback(std::size_t unit, std::string_view sql) {
  callback_rows_.clear();
  pipeline_.send(std::string(sql), {.role = from_callback, .unit = unit});
  if (settle()) return std::move(callback_rows_);
  throw Failure(error_ ? *error_ : interrupted_error());
}

void Batch::start(std::size_t unit) {
  running_ = unit;
  running_since_ = steady_clock::now();
  ended_ours_ = false;
  pipeline_.set_step(units_[unit].step);
  observer_.step_started(step(unit), units_[unit].index);
}

// The unit's COMMIT is in.
void Batch::confirm(std::size_t unit) {
  const AppliedStep applied{.version = step(unit).migration.version,
                            .name = step(unit).migration.name,
                            .direction = step(unit).direction,
                            .execution_time = times_[unit]};
  result_.execution_times.push_back(times_[unit]);
  ++result_.committed;
  observer_.step_finished(step(unit), applied);
}

void Batch::row(const Ticket& ticket, const PGresult* result, int row) {
  if (ticket.role == from_callback) callback_rows_.push_back(copy_row(result, row));
}

void Batch::answered(const Ticket& ticket, const PGresult* result) {
  const std::string_view tag = PQcmdStatus(const_cast<PGresult*>(result));
  switch (ticket.role) {
    case statement:
      if (tag == "COMMIT" || tag == "PREPARE TRANSACTION") ended_ours_ = true;
      observer_.statement_finished(step(ticket.unit), ticket.statement);
      break;
    case guard: times_.push_back(steady_clock::now() - running_since_); break;
    case record: break;
    case commit:
      if (tag != "COMMIT") {
        commit_rolled_back_ = true;
        break;
      }
      if (together()) {
        for (std::size_t unit = 0; unit < units_.size(); ++unit) confirm(unit);
      } else {
        times_[ticket.unit] = steady_clock::now() - running_since_;
        confirm(ticket.unit);
        if (ticket.unit + 1 < units_.size()) start(ticket.unit + 1);
      }
      break;
    default: break;
  }
  if (together() && ticket.role == guard && ticket.unit + 1 < units_.size()) start(ticket.unit + 1);
}

void Batch::refused(const Ticket& ticket, const PGresult* result) {
  if (error_) return;
  result_.failed_unit = ticket.unit;
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const bool ours = ticket.role == guard || ticket.role == fence || ticket.role == take_lock;
  if (ours && sqlstate_of(result) == "22P02" && message != nullptr) {
    guard_refused(ticket, message);
    return;
  }
  error_ = error_at(ticket, result);
  result_.retryable = is_retryable(error_->sqlstate) && !ended_ours_;
}

void Batch::guard_refused(const Ticket& ticket, const std::string& message) {
  const std::string& version = step(ticket.unit).migration.version.text;
  Error error;
  error.where.file = step(ticket.unit).script().shown_as();
  if (message.find(kMoved) != std::string::npos) {
    moved_ = true;
    return;
  }
  if (message.find(kTransactionEnded) != std::string::npos) {
    ended_ours_ = true;
    error.kind = ErrorKind::remains;
    error.message = fmt::format("{} ended the transaction that dunlin opened for it, so it was not recorded", version);
    error.hint = "take COMMIT, ROLLBACK and the like out of the file, or mark it to run outside a transaction";
  } else {
    error.kind = ErrorKind::lock_busy;
    error.message =
        ticket.role == take_lock
            ? std::string("another runner is at work on this database")
            : fmt::format("the migration lock was lost while {} ran, and another runner has it now", version);
    error.hint = "see it: dunlin lock status";
    result_.retryable = ticket.role == take_lock;
  }
  error_ = std::move(error);
}

Error Batch::error_at(const Ticket& ticket, const PGresult* result) const {
  const Script& script = step(ticket.unit).script();
  StatementPlace place;
  place.where.file = script.shown_as();
  std::optional<sql::Statement> refused;
  if (ticket.role == statement && !script.empty()) {
    // Texts are not kept while they are on their way: the file is read once more.
    try {
      const auto bytes = script.open();
      sql::StatementReader reader(Dialect::postgres, *bytes, script.shown_as(), script.first_line());
      for (std::size_t number = 0; number <= ticket.statement; ++number) refused = reader.next();
    } catch (const Failure&) {
      refused.reset();
    }
    place.where.line = ticket.line;
    place.where.column = ticket.column;
    place.script = &script;
    if (refused) place.text = refused->text;
  }
  Error error = server_error(result, place);
  advise_on_right(error, link_.server.user, step(ticket.unit));
  error.where.file = place.where.file;
  return error;
}

void Batch::notice(const Ticket* ticket, ServerNotice notice) {
  if (ticket == nullptr) {
    observer_.notice(nullptr, notice);
    return;
  }
  notice.where.file = step(ticket->unit).script().shown_as();
  notice.where.line = ticket->line;
  notice.where.column = ticket->column;
  observer_.notice(&step(ticket->unit), notice);
}

bool Batch::waits_for_commit() const {
  for (const Ticket& ticket : pipeline_.unanswered()) {
    if (ticket.role == commit) return true;
  }
  return false;
}

void Batch::conclude() {
  const Halt halt = pipeline_.finish();
  const bool interrupted = link_.interrupt_requested();
  const bool lost = halt == Halt::lost || !link_.connection.usable();
  if (!lost && !roll_back(link_)) {
    result_.outcome = ApplyOutcome::lost;
    result_.error = pipeline_.lost_because();
    return;
  }
  if (result_.committed == units_.size()) {
    result_.outcome = ApplyOutcome::done;
    return;
  }
  result_.remains = ended_ours_ || commit_rolled_back_;
  if (lost) {
    result_.error = pipeline_.lost_because();
    // Without a COMMIT on its way nothing is in doubt, and an interrupt that had to end the connection is just that.
    result_.outcome = interrupted && !waits_for_commit() ? ApplyOutcome::interrupted : ApplyOutcome::lost;
    return;
  }
  if (moved_) {
    result_.outcome = ApplyOutcome::moved;
    return;
  }
  const bool stopped_by_us =
      interrupted && (!error_ || error_->sqlstate == "57014" || error_->kind == ErrorKind::interrupted);
  if (stopped_by_us || (!error_ && !commit_rolled_back_)) {
    result_.outcome = ApplyOutcome::interrupted;
    result_.error = interrupted_error();
    return;
  }
  result_.outcome = ApplyOutcome::failed;
  if (error_) {
    result_.error = std::move(error_);
  } else {
    result_.error = Error{
        .kind = ErrorKind::remains,
        .message = fmt::format("the COMMIT of {} was answered with ROLLBACK", step(running_).migration.version.text)};
  }
}

}  // namespace dunlin::postgres
