#include "core/journalled_step.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sql/statement_reader.h"
#include "sql/traits.h"

namespace dunlin {
namespace {

using Outcome = StepResult::Outcome;

// Retries of a statement that deadlocked (CREATE INDEX CONCURRENTLY against another runner's waiting lock).
constexpr int kDeadlockTries = 3;

// A walk over the step's statements, numbered from 1.
class Walk {
 public:
  Walk(const Step& step, Dialect dialect)
      : dialect_(dialect),
        shown_as_(step.script().shown_as()),
        bytes_(step.script().open()),
        reader_(dialect, *bytes_, shown_as_, step.script().first_line()) {}

  bool next() {
    statement_ = reader_.next();
    if (!statement_) return false;
    ++number_;
    traits_ = sql::classify(dialect_, statement_->text);
    return true;
  }

  std::size_t number() const { return number_; }
  const sql::Traits& traits() const { return traits_; }
  const std::string& text() const { return statement_->text; }
  SourcePosition where() const { return {shown_as_, statement_->line, statement_->column, 0}; }
  SourceStatement source() const { return {statement_->text, where()}; }

 private:
  Dialect dialect_;
  std::string shown_as_;
  std::unique_ptr<ScriptReader> bytes_;
  sql::StatementReader reader_;
  std::optional<sql::Statement> statement_;
  sql::Traits traits_;
  std::size_t number_ = 0;
};

// Where the file's own transactions end, and which statement is the last that the journal knows: with it the history
// row is written.
struct Layout {
  std::vector<std::size_t> commits;
  std::size_t last = 0;
  std::size_t statements = 0;
  // A file that is to be wrapped but commits in its middle: what stands before its first own COMMIT is one transaction,
  // as it is with the tool that wraps it.
  bool begins_implicitly = false;
  bool ends_open = false;
};

Layout lay_out(const Step& step, Dialect dialect) {
  Layout layout;
  Walk walk(step, dialect);
  bool in_block = false;
  while (walk.next()) {
    const sql::TransactionWord word = walk.traits().transaction;
    ++layout.statements;
    if (walk.number() == 1 && step.execution == Execution::self_managed) {
      layout.begins_implicitly = word != sql::TransactionWord::begin && step.migration.mode == TransactionMode::wrapped;
      in_block = layout.begins_implicitly;
    }
    if (word == sql::TransactionWord::begin) {
      in_block = true;
    } else if (word == sql::TransactionWord::commit) {
      if (in_block) {
        layout.commits.push_back(walk.number());
        layout.last = walk.number();
      }
      in_block = walk.traits().chain;
    } else if (!in_block && !walk.traits().is_session_state()) {
      layout.last = walk.number();
    }
  }
  if (in_block) {
    layout.ends_open = true;
    layout.last = layout.statements + 1;
    layout.commits.push_back(layout.last);
  }
  return layout;
}

class JournalledStep {
 public:
  JournalledStep(RunSession& run, const Step& step)
      : run_(run),
        step_(step),
        dialect_(run.history().dialect()),
        key_{step.migration.version, step.direction},
        started_(run.project().clock->now()) {}

  StepResult run() {
    StepResult result = run_statements();
    result.execution_time = elapsed();
    if (result.outcome == Outcome::failed || result.outcome == Outcome::interrupted) {
      result.remains = result.remains || finished_;
      if (in_block_) alone("ROLLBACK");
    }
    if (result.outcome != Outcome::lost) run_.session().reset_state();
    return result;
  }

 private:
  StepResult run_statements() {
    layout_ = lay_out(step_, dialect_);
    run_.journal().create(run_.session(), run_.grants().on_journal, run_.observer());
    entries_ = run_.journal().read(run_.session(), key_);
    finished_ = std::ranges::any_of(entries_, [](const auto& entry) { return entry.second.done; });
    if (const auto last = entries_.find(layout_.last); last != entries_.end() && last->second.done) {
      return cannot_resume(fmt::format("every statement of {} is recorded as done, and the history has no row for it",
                                       step_.migration.version.text),
                           {});
    }
    if (layout_.last == 0) return finish({});

    Walk walk(step_, dialect_);
    if (layout_.begins_implicitly && !is_done(layout_.commits.front())) {
      if (StepResult begun = begin(); begun.outcome != Outcome::done) return begun;
    }
    while (walk.next()) {
      if (run_.interrupted()) return interrupted();
      StepResult result = one(walk);
      if (result.outcome != Outcome::done) return result;
      run_.observer().statement_finished(step_, walk.number());
    }
    return layout_.ends_open && in_block_ ? commit(layout_.last, {"COMMIT", {}}) : StepResult{};
  }

  StepResult one(Walk& walk) {
    const sql::TransactionWord word = walk.traits().transaction;
    const std::size_t group_end = end_of_group(walk.number());
    if (word == sql::TransactionWord::begin) {
      skipping_ = is_done(group_end);
      if (skipping_ || in_block_) return {};
      in_block_ = true;
      return plain(walk.source());
    }
    if (word == sql::TransactionWord::commit && (in_block_ || skipping_)) {
      if (skipping_) {
        // What follows AND CHAIN is a transaction of its own, done or not.
        skipping_ = walk.traits().chain && is_done(end_of_group(walk.number() + 1));
        return walk.traits().chain && !skipping_ ? begin() : StepResult{};
      }
      return commit(walk.number(), walk.source(), walk.traits().chain);
    }
    if (walk.traits().is_session_state()) {
      // Nothing that counts comes after the last one: what it would set is put back at once.
      return walk.number() > layout_.last ? StepResult{} : plain(walk.source());
    }
    if (skipping_ || (layout_.begins_implicitly && walk.number() < layout_.commits.front() && !in_block_)) return {};
    if (in_block_) return plain(walk.source());
    return journalled(walk);
  }

  // A statement outside any transaction of the file's own.
  StepResult journalled(Walk& walk) {
    const std::size_t number = walk.number();
    const auto known = entries_.find(number);
    JournalEntry entry{number, false, fingerprint(walk.text()), {}};
    if (known != entries_.end() && known->second.done) {
      if (known->second.fingerprint == entry.fingerprint) return {};
      return cannot_resume(fmt::format("statement {} of {} took effect in an earlier run and has been edited since",
                                       number, step_.migration.version.text),
                           walk.where());
    }
    bool try_in_block = !walk.traits().refused_in_transaction;
    if (known != entries_.end()) {
      entry.remembered = known->second.remembered;
      const std::optional<StepResult> settled = settle(walk, entry);
      if (settled) return *settled;
      try_in_block = false;
    }
    if (try_in_block) {
      const StatementResult ran = together({walk.source()}, record_for(number, entry));
      if (!ran.refused_in_transaction) return after_statement(ran, number);
    }
    return with_intent(walk, entry);
  }

  // intent, statement, done: for what the server refuses to run in a transaction.
  StepResult with_intent(Walk& walk, JournalEntry& entry) {
    for (int attempt = 1;; ++attempt) {
      entry.remembered = run_.session().remember(walk.source());
      const StatementResult noted = together({}, {run_.journal().intent_sql(key_, entry)});
      if (noted.outcome != StatementOutcome::done) return after_statement(noted, 0);
      const StatementResult ran = run_.session().execute(walk.source(), &step_, run_.observer());
      if (ran.outcome == StatementOutcome::lost) return lost(ran);
      if (ran.outcome == StatementOutcome::interrupted) {
        StepResult result = interrupted();
        result.remains = result.resumable = true;
        return result;
      }
      if (ran.outcome == StatementOutcome::done) {
        return after_statement(together({}, record_for(walk.number(), entry)), walk.number());
      }
      // Failed is not "nothing happened": a failed CREATE INDEX CONCURRENTLY leaves an invalid index.
      const std::optional<StepResult> settled = settle(walk, entry);
      if (settled && settled->outcome != Outcome::done) {
        StepResult result = *settled;
        if (result.error && ran.error) result.error->cause = std::make_shared<const Error>(*ran.error);
        return result;
      }
      if (settled) return {};
      if (!ran.retryable || attempt == kDeadlockTries) {
        together({}, {run_.journal().forget_sql(key_, walk.number())});
        return failed(ran.error);
      }
      run_.observer().step_retrying(step_, attempt, kDeadlockTries, *ran.error, std::chrono::milliseconds{0});
    }
  }

  // Finds out what became of a statement with an intent. Empty: it did not take effect, what it left is cleared, and it
  // may run again. Done: it took effect, and that is recorded now.
  std::optional<StepResult> settle(Walk& walk, const JournalEntry& entry) {
    const Verdict verdict = run_.session().verify(walk.source(), entry.remembered);
    if (verdict.state == Verdict::State::done) {
      return after_statement(together({}, record_for(walk.number(), entry)), walk.number());
    }
    if (verdict.state == Verdict::State::unknown) {
      return cannot_resume(fmt::format("it is not known whether statement {} of {} took effect: {}", walk.number(),
                                       step_.migration.version.text, verdict.evidence),
                           walk.where(), walk.number());
    }
    for (const std::string& cleanup : verdict.cleanup) {
      const StatementResult cleaned = run_.session().execute({cleanup, walk.where()}, &step_, run_.observer());
      if (cleaned.outcome == StatementOutcome::lost) return lost(cleaned);
      if (cleaned.outcome != StatementOutcome::done) {
        StepResult result = failed(cleaned.error);
        result.remains = result.resumable = true;
        return result;
      }
    }
    return std::nullopt;
  }

  StepResult begin() {
    in_block_ = true;
    return plain({"BEGIN", {step_.script().shown_as(), step_.script().first_line(), 1, 0}});
  }

  // The journal row (or, at the end, the history row) goes into the file's own transaction, just before its COMMIT.
  // `chain`: COMMIT AND CHAIN, which begins the next one.
  StepResult commit(std::size_t number, const SourceStatement& statement, bool chain = false) {
    const JournalEntry entry{number, true, fingerprint(statement.text), {}};
    for (const std::string& record : record_for(number, entry)) {
      const StepResult written = plain({record, statement.where});
      if (written.outcome != Outcome::done) return written;
    }
    StepResult result = plain(statement);
    if (result.outcome == Outcome::done) {
      in_block_ = chain;
      finished_ = true;
    }
    return result;
  }

  std::vector<std::string> record_for(std::size_t number, const JournalEntry& entry) {
    std::vector<std::string> record = run_.grants().after;
    if (number != layout_.last) {
      record.push_back(run_.journal().done_sql(key_, entry));
      return record;
    }
    for (std::string& sql : history_row()) record.push_back(std::move(sql));
    record.push_back(run_.journal().forget_all_sql(key_));
    return record;
  }

  std::vector<std::string> history_row() {
    const HistoryTable& history = run_.history();
    return step_.direction == Direction::up
               ? history.scheme().record_up_sql(dialect_, history.name(), step_.migration, elapsed())
               : history.scheme().record_down_sql(dialect_, history.name(), step_.migration.version);
  }

  // A file in which nothing counts: no statements, or settings only.
  StepResult finish(const JournalEntry& entry) { return after_statement(together({}, record_for(0, entry)), 0); }

  StatementResult together(std::initializer_list<SourceStatement> statements, const std::vector<std::string>& record) {
    return run_.session().execute_together({statements.begin(), statements.size()}, record, &step_, run_.observer());
  }

  StepResult plain(const SourceStatement& statement) {
    return after_statement(run_.session().execute(statement, &step_, run_.observer()), 0);
  }

  void alone(std::string_view sql) { run_.session().execute({sql, {}}, nullptr, run_.observer()); }

  // `number` is the journalled statement whose record was in it; 0 for none.
  StepResult after_statement(const StatementResult& ran, std::size_t number) {
    switch (ran.outcome) {
      case StatementOutcome::done:
        if (number > 0) finished_ = true;
        return {};
      case StatementOutcome::failed: return failed(ran.error);
      case StatementOutcome::lost: return lost(ran);
      case StatementOutcome::interrupted: return interrupted();
    }
    return {};
  }

  StepResult failed(const std::optional<Error>& error) {
    StepResult result;
    result.outcome = Outcome::failed;
    result.error = error;
    result.resumable = true;
    return result;
  }

  StepResult lost(const StatementResult& ran) {
    StepResult result;
    result.outcome = Outcome::lost;
    result.error = ran.error;
    return result;
  }

  StepResult interrupted() {
    StepResult result;
    result.outcome = Outcome::interrupted;
    result.error = run_.interrupted_error();
    result.resumable = true;
    return result;
  }

  StepResult cannot_resume(std::string message, SourcePosition where, std::size_t statement = 0) {
    StepResult result;
    result.outcome = Outcome::failed;
    result.remains = true;
    Error error;
    error.kind = ErrorKind::remains;
    error.message = std::move(message);
    const std::string& version = step_.migration.version.text;
    error.hint = statement > 0
                     ? fmt::format("look at the database, then: dunlin resolve {} --statement {} --done | --not-done",
                                   version, statement)
                     : fmt::format("look at the database, then: dunlin resolve {} --applied | --rolled-back", version);
    error.where = std::move(where);
    result.error = std::move(error);
    return result;
  }

  bool is_done(std::size_t number) const {
    const auto entry = entries_.find(number);
    return entry != entries_.end() && entry->second.done;
  }

  std::size_t end_of_group(std::size_t number) const {
    const auto end = std::ranges::lower_bound(layout_.commits, number);
    return end == layout_.commits.end() ? 0 : *end;
  }

  std::chrono::nanoseconds elapsed() const { return run_.project().clock->now() - started_; }

  RunSession& run_;
  const Step& step_;
  Dialect dialect_;
  JournalKey key_;
  Clock::Steady started_;
  Layout layout_;
  std::map<std::size_t, JournalEntry> entries_;
  // The database is inside a transaction that the file began.
  bool in_block_ = false;
  // Inside a transaction of the file's own that an earlier run has committed.
  bool skipping_ = false;
  // Something of this migration is committed.
  bool finished_ = false;
};

}  // namespace

StepResult run_journalled(RunSession& run, const Step& step) {
  return JournalledStep(run, step).run();
}

}  // namespace dunlin
