#include "sql/outline.h"

#include <algorithm>

#include "sql/statement_reader.h"
#include "sql/tokens.h"
#include "sql/traits.h"

namespace dunlin::sql {
namespace {

// SQLite takes them in a transaction and ignores them.
bool does_nothing_in_transaction(const std::string& pragma) {
  return pragma == "foreign_keys" || pragma == "page_size" || pragma == "auto_vacuum" || pragma == "encoding";
}

class Outliner {
 public:
  void add(const StatementView& statement, Traits traits);
  Outline outline;

 private:
  void mention(std::optional<Mention>& first, bool holds, const std::string& what) const {
    if (holds && !first) first = Mention{what, statement_.line, statement_.column};
  }
  void mention(std::vector<Mention>& all, const std::string& what) const {
    const auto same = [&](const Mention& known) { return known.command == what; };
    if (all.size() == Outline::kMostMentions || std::any_of(all.begin(), all.end(), same)) return;
    all.push_back({what, statement_.line, statement_.column});
  }
  static void add_table(std::vector<std::string>& tables, const std::string& name) {
    if (name.empty()) return;
    const auto same = [folded = small_of(name)](const std::string& table) { return small_of(table) == folded; };
    if (std::none_of(tables.begin(), tables.end(), same)) tables.push_back(name);
  }
  void add_transaction_word(Traits& traits);
  void add_pragma(const Traits& traits);

  StatementView statement_;
  // A COMMIT is an inner one as soon as anything follows it.
  std::optional<Mention> pending_commit_;
};

void Outliner::add_transaction_word(Traits& traits) {
  if (pending_commit_ && !outline.inner_transaction_word) outline.inner_transaction_word = pending_commit_;
  pending_commit_.reset();
  outline.last_is_commit = traits.transaction == TransactionWord::commit;
  switch (traits.transaction) {
    case TransactionWord::begin:
      if (outline.statements == 1) {
        outline.first_is_begin = true;
        outline.begin_characteristics = std::move(traits.transaction_characteristics);
      } else {
        mention(outline.inner_transaction_word, true, traits.command);
      }
      break;
    case TransactionWord::commit:
      mention(pending_commit_, true, traits.command);
      mention(outline.inner_transaction_word, traits.chain, traits.command);
      break;
    case TransactionWord::rollback:
      mention(outline.rollback, true, traits.command);
      mention(outline.inner_transaction_word, true, traits.command);
      break;
    case TransactionWord::prepare_transaction:
      mention(outline.prepare_transaction, true, traits.command);
      mention(outline.inner_transaction_word, true, traits.command);
      break;
    case TransactionWord::none:
    case TransactionWord::rollback_to_savepoint: break;
  }
}

void Outliner::add_pragma(const Traits& traits) {
  if (!traits.pragma_sets) return;
  const std::string what = "PRAGMA " + traits.pragma;
  mention(outline.foreign_keys_pragma, traits.pragma == "foreign_keys", what);
  if (does_nothing_in_transaction(traits.pragma)) mention(outline.pragmas_without_effect, what);
}

void Outliner::add(const StatementView& statement, Traits traits) {
  statement_ = statement;
  ++outline.statements;
  add_transaction_word(traits);
  if (traits.refused_in_transaction) ++outline.refused_count;
  mention(outline.refused_in_transaction, traits.refused_in_transaction, traits.command);
  mention(outline.concurrently, traits.concurrently, traits.command);
  mention(outline.may_commit, traits.may_commit, traits.command);
  mention(outline.needs_transaction, traits.needs_transaction, traits.command);
  mention(outline.copies_to_client, traits.copies_to_client, traits.command);
  mention(outline.changes_lexer, traits.changes_lexer, traits.command);
  mention(outline.creates_temporary, traits.creates_temporary, traits.command);
  mention(outline.resets_settings, traits.resets_settings, traits.command);
  mention(outline.releases_locks, traits.releases_locks, traits.command);
  if (!traits.puts_back.empty()) {
    std::erase_if(outline.leaves_behind, [&](const Mention& left) { return left.command == traits.puts_back; });
  }
  if (!traits.leaves_behind.empty()) mention(outline.leaves_behind, traits.leaves_behind);
  add_table(outline.dropped_tables, traits.dropped_table);
  add_table(outline.modified_tables, traits.modified_table);
  add_pragma(traits);
}

}  // namespace

Outline outline(Dialect dialect, ScriptReader& bytes, const std::string& shown_as, int first_line) {
  StatementReader reader(dialect, bytes, shown_as, first_line);
  Outliner outliner;
  while (!outliner.outline.copies_to_client) {
    const std::optional<StatementView> statement = reader.next_view();
    if (!statement) break;
    outliner.add(*statement, classify(dialect, statement->text));
  }
  return std::move(outliner.outline);
}

}  // namespace dunlin::sql
