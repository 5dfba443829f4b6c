#include "core/step_builder.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/planner.h"
#include "sql/outline.h"
#include "sql/statement_reader.h"
#include "sql/traits.h"

namespace dunlin {
namespace {

class Builder {
 public:
  Builder(const Migration& migration, Direction direction, Dialect dialect, TransactionScope scope,
          const std::string& mark)
      : dialect_(dialect), scope_(scope), mark_(mark) {
    step_.migration = migration;
    step_.direction = direction;
    mode_ = direction == Direction::up ? migration.mode : migration.down_mode;
  }

  BuiltStep build() && {
    found_ = step_.migration.diagnostics;
    if (!step_.callback() && !known_to_be_unreadable()) read_script();
    return {std::move(step_), std::move(found_)};
  }

 private:
  // The format has said so already, with the place.
  bool known_to_be_unreadable() const {
    return std::ranges::any_of(found_, [&](const Diagnostic& found) {
      return (found.code == "unreadable" || found.code == "invalid-utf8") &&
             found.where.file == step_.script().shown_as();
    });
  }

  void read_script() {
    if (step_.script().empty()) {
      add(Severity::error, "no-script",
          fmt::format("{} has no {} file", step_.migration.version.text, to_string(step_.direction)), {}, {});
      return;
    }
    try {
      const auto bytes = step_.script().open();
      outline_ = sql::outline(dialect_, *bytes, step_.script().shown_as(), step_.script().first_line());
    } catch (const Failure& failure) {
      if (failure.error().kind != ErrorKind::source) throw;
      const Error& error = failure.error();
      found_.push_back({Severity::error, "unreadable-sql", error.message, error.hint, error.where, error.line_text});
      return;
    }
    step_.statement_count = outline_.statements;
    refuse_what_no_session_takes();
    choose_execution();
    warn();
  }

  void refuse_what_no_session_takes() {
    if (outline_.copies_to_client) {
      add(Severity::error, "copy-stdio", "COPY from stdin or to stdout needs a client that feeds it",
          "use INSERT, or COPY from a file on the server; pg_dump writes INSERTs with --inserts",
          outline_.copies_to_client);
    }
    if (outline_.changes_lexer) {
      add(Severity::error, "lexer-change", "standard_conforming_strings = off changes what the rest of the file means",
          "remove it, and write E'...' where a backslash escapes", outline_.changes_lexer);
    }
    if (outline_.rollback) {
      add(Severity::error, "own-rollback",
          "a top-level ROLLBACK would leave the migration recorded and its work undone",
          "remove it: a migration that fails is rolled back as a whole", outline_.rollback);
    }
    if (outline_.prepare_transaction) {
      add(Severity::error, "prepare-transaction",
          "PREPARE TRANSACTION would leave the migration recorded and its work not committed", "remove it",
          outline_.prepare_transaction);
    }
  }

  void choose_execution() {
    if (outline_.begins_and_commits() && scope_ != TransactionScope::none && !outline_.refused_in_transaction) {
      step_.drop_outer_transaction = true;
      step_.transaction_characteristics = outline_.begin_characteristics;
      step_.statement_count -= 2;
      step_.reason = "its own BEGIN and COMMIT are replaced by the transaction that also writes the history";
      return;
    }
    if (outline_.first_is_begin || outline_.last_is_commit || outline_.inner_transaction_word) {
      set(Execution::self_managed, "it begins and commits transactions by itself");
      return;
    }
    if (scope_ == TransactionScope::none) {
      set(Execution::journalled, "--transaction none");
      return;
    }
    switch (mode_) {
      case TransactionMode::wrapped: check_wrapped(); break;
      case TransactionMode::whole_file:
        if (outline_.refused_in_transaction) {
          set(Execution::journalled, refused_words());
        } else if (outline_.may_commit) {
          set(Execution::journalled, fmt::format("{} may commit", outline_.may_commit->command));
        }
        break;
      case TransactionMode::per_statement: set(Execution::journalled, "the file asks for no transaction"); break;
    }
  }

  void check_wrapped() {
    if (!outline_.refused_in_transaction) return;
    add(Severity::error, "refused-in-transaction", refused_words(),
        fmt::format("make '{}' the first line of the file", mark_), outline_.refused_in_transaction);
  }

  void warn() {
    if (outline_.statements == 0) {
      add(Severity::warning, "no-statements", fmt::format("{} holds no statement", step_.migration.version.text),
          "write it before it is recorded as applied", {});
    }
    for (const sql::Mention& left : outline_.leaves_behind) {
      add(Severity::warning, "leaves-state",
          fmt::format("leaves {} behind; dunlin puts it back, other tools would carry it into the next migration",
                      left.command),
          {}, left);
    }
    if (outline_.releases_locks) {
      add(Severity::warning, "releases-locks",
          fmt::format("{} drops the migration lock; dunlin takes it again", outline_.releases_locks->command), {},
          outline_.releases_locks);
    }
    step_.foreign_keys_off = outline_.foreign_keys_pragma.has_value();
  }

  std::string refused_words() const {
    return fmt::format("{} cannot run inside a transaction", outline_.refused_in_transaction->command);
  }

  void set(Execution execution, std::string reason) {
    step_.execution = execution;
    step_.reason = std::move(reason);
  }

  void add(Severity severity, std::string code, std::string message, std::string hint,
           const std::optional<sql::Mention>& at) {
    Diagnostic diagnostic{severity, std::move(code), std::move(message), std::move(hint), {}, {}};
    diagnostic.where.file = step_.script().shown_as();
    if (at) {
      diagnostic.where.line = at->line;
      diagnostic.where.column = at->column;
      diagnostic.line_text = sql::line_text(*step_.script().open(), at->line - step_.script().first_line() + 1);
    }
    found_.push_back(std::move(diagnostic));
  }

  Dialect dialect_;
  TransactionScope scope_;
  const std::string& mark_;
  TransactionMode mode_ = TransactionMode::wrapped;
  Step step_;
  sql::Outline outline_;
  std::vector<Diagnostic> found_;
};

}  // namespace

BuiltStep build_step(const Migration& migration, Direction direction, Dialect dialect, TransactionScope scope,
                     const std::string& no_transaction_mark) {
  return Builder(migration, direction, dialect, scope, no_transaction_mark).build();
}

void for_each_statement(const Step& step, Dialect dialect, const std::function<void(const PlannedStatement&)>& visit) {
  if (step.callback()) return;
  const auto bytes = step.script().open();
  const std::string& file = step.script().shown_as();
  sql::StatementReader reader(dialect, *bytes, file, step.script().first_line());
  std::size_t number = 0;
  bool in_own_transaction = false;
  while (const std::optional<sql::Statement> statement = reader.next()) {
    const sql::Traits traits = sql::classify(dialect, statement->text);
    const bool begins = traits.transaction == sql::TransactionWord::begin;
    const bool commits = traits.transaction == sql::TransactionWord::commit;
    PlannedStatement planned;
    planned.text = statement->text;
    planned.where = {file, statement->line, statement->column, 0};
    planned.command = traits.command;
    // With its own BEGIN first, the file's COMMIT is the statement after the last counted one.
    planned.dropped = step.drop_outer_transaction && (number == 0 || number == step.statement_count + 1);
    in_own_transaction = (in_own_transaction || begins) && !commits;
    const bool session_only = traits.changes_session && !traits.refused_in_transaction;
    planned.in_transaction = step.execution == Execution::transaction || in_own_transaction ||
                             (!traits.refused_in_transaction && !session_only && !begins && !commits);
    planned.journalled = step.execution != Execution::transaction && !in_own_transaction && !session_only && !begins &&
                         traits.refused_in_transaction;
    visit(planned);
    ++number;
  }
}

}  // namespace dunlin
