// SQLite's statements by their first word.
#include <algorithm>
#include <array>

#include "sql/dialect_traits.h"

namespace dunlin::sql {
namespace {

constexpr Dialect kDialect = Dialect::sqlite;

void begin(Tokens& tokens, Traits& traits) {
  traits.transaction = TransactionWord::begin;
  for (const std::string_view mode : {"DEFERRED", "IMMEDIATE", "EXCLUSIVE"}) {
    if (tokens.accept(mode)) traits.transaction_characteristics = mode;
  }
}

void commit(Tokens&, Traits& traits) {
  traits.transaction = TransactionWord::commit;
}

void rollback(Tokens& tokens, Traits& traits) {
  tokens.accept("TRANSACTION");
  if (!tokens.accept("TO")) {
    traits.transaction = TransactionWord::rollback;
    return;
  }
  traits.command = "ROLLBACK TO SAVEPOINT";
  traits.transaction = TransactionWord::rollback_to_savepoint;
  traits.needs_transaction = true;
}

// Outside a transaction it begins one, and its RELEASE commits: it has to stay with the statements around it.
void savepoint(Tokens&, Traits& traits) {
  traits.needs_transaction = true;
}

void vacuum(Tokens&, Traits& traits) {
  traits.refused_in_transaction = true;
}

void attach(Tokens& tokens, Traits& traits) {
  traits.changes_session = true;
  tokens.accept("DATABASE");
  while (!tokens.peek().is_end() && !tokens.accept("AS")) tokens.take();
  traits.leaves_behind = "attached database " + take_name(kDialect, tokens).name;
}

void detach(Tokens&, Traits& traits) {
  traits.changes_session = true;
}

// Those whose argument is what they look at, not what they are set to.
constexpr std::array<std::string_view, 15> kAsking{
    "foreign_key_check", "foreign_key_list", "function_list",   "incremental_vacuum", "index_info",
    "index_list",        "index_xinfo",      "integrity_check", "optimize",           "quick_check",
    "shrink_memory",     "table_info",       "table_list",      "table_xinfo",        "wal_checkpoint"};

// Those whose value is kept in the file, so that a resumed run finds it there.
constexpr std::array<std::string_view, 7> kKept{"application_id", "auto_vacuum",    "encoding",    "journal_mode",
                                                "page_size",      "schema_version", "user_version"};

template <std::size_t N>
bool listed(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void pragma(Tokens& tokens, Traits& traits) {
  const std::string name = small_of(take_name(kDialect, tokens).name);
  traits.pragma = name;
  traits.pragma_sets = (tokens.peek().is('=') || tokens.peek().is('(')) && !listed(kAsking, name);
  // journal_mode fails in a transaction that has not written yet, and silently does nothing in one that has.
  traits.refused_in_transaction =
      name == "wal_checkpoint" || (traits.pragma_sets && (name == "journal_mode" || name == "synchronous"));
  if (traits.pragma_sets && !listed(kKept, name)) {
    traits.changes_session = true;
    traits.leaves_behind = "PRAGMA " + name;
  }
}

void create(Tokens& tokens, Traits& traits) {
  const bool temporary = tokens.accept("TEMP") || tokens.accept("TEMPORARY");
  if (!tokens.accept("UNIQUE")) tokens.accept("VIRTUAL");
  if (tokens.peek().kind != Token::Kind::word) return;
  const std::string object = capitals_of(tokens.take().text);
  traits.command = "CREATE " + object;
  if (tokens.accept("IF")) {
    tokens.accept("NOT");
    tokens.accept("EXISTS");
  }
  const QualifiedName name = take_name(kDialect, tokens);
  if (!temporary && capitals_of(name.qualifier) != "TEMP") return;
  traits.creates_temporary = traits.changes_session = true;
  traits.leaves_behind = "temporary " + small_of(object) + " " + name.name;
}

void drop(Tokens& tokens, Traits& traits) {
  const bool table = tokens.peek().is("TABLE");
  traits.command = "DROP " + capitals_of(tokens.take().text);
  if (!table) return;
  if (tokens.accept("IF")) tokens.accept("EXISTS");
  traits.dropped_table = take_name(kDialect, tokens).name;
}

void alter(Tokens& tokens, Traits& traits) {
  traits.command = "ALTER " + capitals_of(tokens.take().text);
}

void delete_from(Tokens& tokens, Traits& traits) {
  tokens.accept("FROM");
  traits.modified_table = take_name(kDialect, tokens).name;
}

void update(Tokens& tokens, Traits& traits) {
  if (tokens.accept("OR")) tokens.take();
  traits.modified_table = take_name(kDialect, tokens).name;
}

void replace(Tokens& tokens, Traits& traits) {
  tokens.accept("INTO");
  traits.modified_table = take_name(kDialect, tokens).name;
}

// A plain INSERT touches no row that another may refer to.
void insert(Tokens& tokens, Traits& traits) {
  if (tokens.accept("OR") && tokens.accept("REPLACE")) replace(tokens, traits);
}

// WITH ... {SELECT | INSERT | REPLACE | UPDATE | DELETE}: the word outside of parentheses decides.
void with(Tokens& tokens, Traits& traits) {
  while (!tokens.peek().is_end()) {
    const Token token = tokens.take();
    if (token.is('(')) {
      tokens.skip_parentheses();
    } else if (token.is("DELETE")) {
      return delete_from(tokens, traits);
    } else if (token.is("UPDATE")) {
      return update(tokens, traits);
    } else if (token.is("REPLACE")) {
      return replace(tokens, traits);
    } else if (token.is("INSERT")) {
      return insert(tokens, traits);
    } else if (token.is("SELECT") || token.is("VALUES")) {
      return;
    }
  }
}

constexpr std::array kCommands{
    CommandRow{"ALTER", alter},     CommandRow{"ATTACH", attach},     CommandRow{"BEGIN", begin},
    CommandRow{"COMMIT", commit},   CommandRow{"CREATE", create},     CommandRow{"DELETE", delete_from},
    CommandRow{"DETACH", detach},   CommandRow{"DROP", drop},         CommandRow{"END", commit},
    CommandRow{"INSERT", insert},   CommandRow{"PRAGMA", pragma},     CommandRow{"RELEASE", savepoint},
    CommandRow{"REPLACE", replace}, CommandRow{"ROLLBACK", rollback}, CommandRow{"SAVEPOINT", savepoint},
    CommandRow{"UPDATE", update},   CommandRow{"VACUUM", vacuum},     CommandRow{"WITH", with},
};
static_assert(std::is_sorted(kCommands.begin(), kCommands.end(),
                             [](const CommandRow& a, const CommandRow& b) { return a.word < b.word; }));

}  // namespace

Traits classify_sqlite(std::string_view text) {
  Traits traits;
  Tokens tokens(kDialect, text);
  if (tokens.peek().kind != Token::Kind::word) return traits;
  traits.command = capitals_of(tokens.peek().text);
  const auto* row = std::lower_bound(kCommands.begin(), kCommands.end(), traits.command,
                                     [](const CommandRow& a, const std::string& word) { return a.word < word; });
  if (row == kCommands.end() || row->word != traits.command) return traits;
  tokens.take();
  row->classify(tokens, traits);
  return traits;
}

}  // namespace dunlin::sql
