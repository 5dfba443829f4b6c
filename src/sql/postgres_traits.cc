// PostgreSQL's statements by their first word. Which of them the server refuses in a transaction block is the list of
// PreventInTransactionBlock() calls of versions 13 to 18.
#include <algorithm>
#include <array>

#include "sql/dialect_traits.h"

namespace dunlin::sql {
namespace {

constexpr Dialect kDialect = Dialect::postgres;

void skip_transaction_noise(Tokens& tokens) {
  if (!tokens.accept("WORK")) tokens.accept("TRANSACTION");
}

void take_chain(Tokens& tokens, Traits& traits) {
  if (tokens.accept("AND") && !tokens.accept("NO")) traits.chain = tokens.accept("CHAIN");
}

void begin(Tokens& tokens, Traits& traits) {
  traits.transaction = TransactionWord::begin;
  skip_transaction_noise(tokens);
  traits.transaction_characteristics = take_characteristics(tokens);
}

void start(Tokens& tokens, Traits& traits) {
  if (!tokens.accept("TRANSACTION")) return;
  traits.command = "START TRANSACTION";
  begin(tokens, traits);
}

void commit(Tokens& tokens, Traits& traits) {
  if (tokens.accept("PREPARED")) {
    traits.command = "COMMIT PREPARED";
    traits.refused_in_transaction = true;
    return;
  }
  traits.transaction = TransactionWord::commit;
  skip_transaction_noise(tokens);
  take_chain(tokens, traits);
}

void rollback(Tokens& tokens, Traits& traits) {
  if (tokens.accept("PREPARED")) {
    traits.command = "ROLLBACK PREPARED";
    traits.refused_in_transaction = true;
    return;
  }
  skip_transaction_noise(tokens);
  if (tokens.accept("TO")) {
    traits.command = "ROLLBACK TO SAVEPOINT";
    traits.transaction = TransactionWord::rollback_to_savepoint;
    traits.needs_transaction = true;
    return;
  }
  traits.transaction = TransactionWord::rollback;
  take_chain(tokens, traits);
}

void prepare(Tokens& tokens, Traits& traits) {
  if (tokens.accept("TRANSACTION")) {
    traits.command = "PREPARE TRANSACTION";
    traits.transaction = TransactionWord::prepare_transaction;
    return;
  }
  traits.changes_session = true;
  traits.leaves_behind = "prepared statement " + take_name(kDialect, tokens).name;
}

void needs_transaction(Tokens&, Traits& traits) {
  traits.needs_transaction = true;
}
void may_commit(Tokens&, Traits& traits) {
  traits.may_commit = true;
}
void refused(Tokens&, Traits& traits) {
  traits.refused_in_transaction = true;
}
void changes_session(Tokens&, Traits& traits) {
  traits.changes_session = true;
}

// Outside a transaction block only a cursor WITH HOLD outlives its own statement.
void declare(Tokens& tokens, Traits& traits) {
  const std::string name = take_name(kDialect, tokens).name;
  traits.command = "DECLARE CURSOR";
  while (!tokens.peek().is_end() && !tokens.peek().is("FOR")) {
    if (tokens.accept("WITH") && tokens.accept("HOLD")) {
      traits.changes_session = true;
      traits.leaves_behind = "cursor " + name;
      return;
    }
    tokens.take();
  }
  traits.needs_transaction = true;
}

void listen(Tokens& tokens, Traits& traits) {
  traits.changes_session = true;
  traits.leaves_behind = "LISTEN " + take_name(kDialect, tokens).name;
}

void load(Tokens& tokens, Traits& traits) {
  traits.changes_session = true;
  traits.leaves_behind = "library " + value_of(tokens.peek());
}

void discard(Tokens& tokens, Traits& traits) {
  traits.command = "DISCARD " + capitals_of(tokens.peek().text);
  traits.changes_session = !tokens.peek().is("PLANS");
  if (!tokens.accept("ALL")) return;
  traits.refused_in_transaction = traits.resets_settings = traits.releases_locks = true;
}

// CLUSTER [VERBOSE] or CLUSTER (options), each with or without a table.
void cluster(Tokens& tokens, Traits& traits) {
  if (tokens.accept('(')) tokens.skip_parentheses();
  tokens.accept("VERBOSE");
  traits.refused_in_transaction = tokens.peek().is_end();
}

// Whether an option of a parenthesised list is on: alone, or with a value that is not false.
bool take_option_value(Tokens& tokens) {
  tokens.accept('=');
  if (tokens.peek().is(',') || tokens.peek().is(')')) return true;
  const std::string value = capitals_of(value_of(tokens.take()));
  return value != "FALSE" && value != "OFF" && value != "0";
}

void reindex(Tokens& tokens, Traits& traits) {
  if (tokens.accept('(')) {
    while (!tokens.peek().is_end() && !tokens.accept(')')) {
      if (tokens.accept("CONCURRENTLY")) {
        traits.concurrently = take_option_value(tokens);
      } else {
        tokens.take();
      }
    }
  }
  const Token what = tokens.take();
  traits.command = "REINDEX " + capitals_of(what.text);
  if (tokens.accept("CONCURRENTLY")) traits.concurrently = true;
  if (traits.concurrently) traits.command += " CONCURRENTLY";
  traits.refused_in_transaction = traits.concurrently || what.is("DATABASE") || what.is("SYSTEM") || what.is("SCHEMA");
}

void copy(Tokens& tokens, Traits& traits) {
  while (!tokens.peek().is_end()) {
    const Token token = tokens.take();
    if (token.is('(')) {
      tokens.skip_parentheses();
    } else if (token.is("FROM") || token.is("TO")) {
      traits.copies_to_client = tokens.peek().is("STDIN") || tokens.peek().is("STDOUT");
      return;
    }
  }
}

void refresh(Tokens& tokens, Traits& traits) {
  if (tokens.accept("MATERIALIZED")) traits.command = "REFRESH MATERIALIZED VIEW";
}

constexpr std::array kCommands{
    CommandRow{"ABORT", rollback},
    CommandRow{"ALTER", classify_postgres_alter},
    CommandRow{"BEGIN", begin},
    CommandRow{"CALL", may_commit},
    CommandRow{"CLUSTER", cluster},
    CommandRow{"COMMIT", commit},
    CommandRow{"COPY", copy},
    CommandRow{"CREATE", classify_postgres_create},
    CommandRow{"DEALLOCATE", changes_session},
    CommandRow{"DECLARE", declare},
    CommandRow{"DISCARD", discard},
    CommandRow{"DO", may_commit},
    CommandRow{"DROP", classify_postgres_drop},
    CommandRow{"END", commit},
    CommandRow{"LISTEN", listen},
    CommandRow{"LOAD", load},
    CommandRow{"LOCK", needs_transaction},
    CommandRow{"PREPARE", prepare},
    CommandRow{"REFRESH", refresh},
    CommandRow{"REINDEX", reindex},
    CommandRow{"RELEASE", needs_transaction},
    CommandRow{"RESET", classify_postgres_reset},
    CommandRow{"ROLLBACK", rollback},
    CommandRow{"SAVEPOINT", needs_transaction},
    CommandRow{"SELECT", classify_postgres_query},
    CommandRow{"SET", classify_postgres_set},
    CommandRow{"START", start},
    CommandRow{"UNLISTEN", changes_session},
    CommandRow{"VACUUM", refused},
    CommandRow{"VALUES", classify_postgres_query},
    CommandRow{"WITH", classify_postgres_query},
};
static_assert(std::is_sorted(kCommands.begin(), kCommands.end(),
                             [](const CommandRow& a, const CommandRow& b) { return a.word < b.word; }));

}  // namespace

Traits classify_postgres(std::string_view text) {
  Traits traits;
  Tokens tokens(kDialect, text);
  if (tokens.peek().is('(')) {
    traits.command = "SELECT";
    classify_postgres_query(tokens, traits);
    return traits;
  }
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
