#include "sql/outline.h"

#include "sql/statement_reader.h"
#include "sql/traits.h"

namespace dunlin::sql {
namespace {

constexpr std::size_t kMostMentions = 16;

void mention(std::optional<Mention>& slot, bool holds, const Traits& traits, const Statement& statement) {
  if (holds && !slot) slot = Mention{traits.command, statement.line, statement.column};
}

}  // namespace

Outline outline(Dialect dialect, ScriptReader& bytes, const std::string& shown_as, int first_line) {
  Outline outline;
  StatementReader reader(dialect, bytes, shown_as, first_line);
  // A COMMIT is an inner one as soon as anything follows it.
  std::optional<Mention> pending_commit;
  while (const std::optional<Statement> statement = reader.next()) {
    const Traits traits = classify(dialect, statement->text);
    ++outline.statements;
    if (pending_commit && !outline.inner_transaction_word) outline.inner_transaction_word = pending_commit;
    pending_commit.reset();
    outline.last_is_commit = false;
    switch (traits.transaction) {
      case TransactionWord::begin:
        if (outline.statements == 1) {
          outline.first_is_begin = true;
          outline.begin_characteristics = traits.transaction_characteristics;
        } else {
          mention(outline.inner_transaction_word, true, traits, *statement);
        }
        break;
      case TransactionWord::commit:
        outline.last_is_commit = true;
        pending_commit = Mention{traits.command, statement->line, statement->column};
        if (traits.chain) mention(outline.inner_transaction_word, true, traits, *statement);
        break;
      case TransactionWord::rollback: mention(outline.rollback, true, traits, *statement); break;
      case TransactionWord::prepare_transaction: mention(outline.prepare_transaction, true, traits, *statement); break;
      case TransactionWord::none:
      case TransactionWord::rollback_to_savepoint: break;
    }
    mention(outline.refused_in_transaction, traits.refused_in_transaction, traits, *statement);
    mention(outline.may_commit, traits.may_commit, traits, *statement);
    mention(outline.needs_transaction, traits.needs_transaction, traits, *statement);
    mention(outline.copies_to_client, traits.copies_to_client, traits, *statement);
    mention(outline.changes_lexer, traits.changes_lexer, traits, *statement);
    mention(outline.creates_temporary, traits.creates_temporary, traits, *statement);
    mention(outline.releases_locks, traits.releases_locks, traits, *statement);
    mention(outline.foreign_keys_pragma, traits.pragma == "foreign_keys" && traits.pragma_sets, traits, *statement);
    if (!traits.leaves_behind.empty() && outline.leaves_behind.size() < kMostMentions) {
      outline.leaves_behind.push_back({traits.leaves_behind, statement->line, statement->column});
    }
  }
  return outline;
}

}  // namespace dunlin::sql
