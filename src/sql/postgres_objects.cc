// PostgreSQL: CREATE, ALTER and DROP.
#include <array>
#include <optional>

#include "sql/dialect_traits.h"

namespace dunlin::sql {
namespace {

constexpr Dialect kDialect = Dialect::postgres;

// Words that go on with the name of a kind of object: FOREIGN is followed by TABLE or by DATA WRAPPER.
struct Continuation {
  std::string_view word;
  std::string_view next;
};
constexpr std::array kContinuations{
    Continuation{"ACCESS", "METHOD"},   Continuation{"DATA", "WRAPPER"},         Continuation{"DEFAULT", "PRIVILEGES"},
    Continuation{"EVENT", "TRIGGER"},   Continuation{"FOREIGN", "DATA"},         Continuation{"FOREIGN", "TABLE"},
    Continuation{"LARGE", "OBJECT"},    Continuation{"MATERIALIZED", "VIEW"},    Continuation{"OPERATOR", "CLASS"},
    Continuation{"OPERATOR", "FAMILY"}, Continuation{"SEARCH", "CONFIGURATION"}, Continuation{"SEARCH", "DICTIONARY"},
    Continuation{"SEARCH", "PARSER"},   Continuation{"SEARCH", "TEMPLATE"},      Continuation{"TEXT", "SEARCH"},
    Continuation{"USER", "MAPPING"},
};

// "TABLE", "MATERIALIZED VIEW", "TEXT SEARCH CONFIGURATION", ...
std::string take_object(Tokens& tokens) {
  if (tokens.peek().kind != Token::Kind::word) return {};
  std::string last = capitals_of(tokens.take().text);
  std::string object = last;
  for (bool found = true; found;) {
    found = false;
    for (const Continuation& row : kContinuations) {
      if (row.word != last || !tokens.accept(row.next)) continue;
      last = row.next;
      object.append(" ").append(row.next);
      found = true;
      break;
    }
  }
  return object;
}

void skip_if_exists(Tokens& tokens) {
  if (!tokens.accept("IF")) return;
  tokens.accept("NOT");
  tokens.accept("EXISTS");
}

void refuse(Traits& traits) {
  traits.refused_in_transaction = true;
}

void refuse_concurrently(Traits& traits) {
  traits.refused_in_transaction = traits.concurrently = true;
  traits.command += " CONCURRENTLY";
}

// The value of an option in the next parenthesised list, if it is named there; "true" for one without a value.
std::optional<std::string> find_option(Tokens tokens, std::string_view capitals) {
  while (!tokens.peek().is_end() && !tokens.accept('(')) tokens.take();
  while (!tokens.peek().is_end() && !tokens.peek().is(')')) {
    const Token key = tokens.take();
    std::string value = "TRUE";
    if (tokens.accept('=')) value = capitals_of(value_of(tokens.take()));
    if (capitals_of(name_of(kDialect, key)) == capitals) return value;
    while (!tokens.peek().is_end() && !tokens.peek().is(')') && !tokens.accept(',')) tokens.take();
  }
  return std::nullopt;
}

bool is_off(const std::optional<std::string>& value) {
  return value && (*value == "FALSE" || *value == "OFF" || *value == "0");
}

// Without a slot to create at the publisher it can be undone.
bool creates_slot(const Tokens& tokens) {
  if (is_off(find_option(tokens, "CREATE_SLOT"))) return false;
  return !is_off(find_option(tokens, "CONNECT"));
}

bool ends_with_drop_at_commit(Tokens& tokens) {
  while (!tokens.peek().is_end()) {
    const Token token = tokens.take();
    if (token.is('(')) {
      tokens.skip_parentheses();
    } else if (token.is("ON") && tokens.accept("COMMIT")) {
      return tokens.accept("DROP");
    }
  }
  return false;
}

void create_temporary(Tokens& tokens, Traits& traits, const std::string& object, const QualifiedName& name) {
  if (object == "TABLE" && ends_with_drop_at_commit(tokens)) {
    traits.needs_transaction = true;
    return;
  }
  traits.creates_temporary = traits.changes_session = true;
  traits.leaves_behind = "temporary " + small_of(object) + " " + name.full();
}

// ALTER SUBSCRIPTION name ..., behind the name.
bool alters_subscription_remotely(Tokens& tokens) {
  if (tokens.accept("REFRESH")) return true;
  if (!tokens.accept("SET") && !tokens.accept("ADD") && !tokens.accept("DROP")) return false;
  if (tokens.accept("PUBLICATION")) return !is_off(find_option(tokens, "REFRESH"));
  // 17 and later; earlier ones know neither for ALTER.
  return find_option(tokens, "FAILOVER") || find_option(tokens, "TWO_PHASE");
}

// ALTER TABLE name DETACH PARTITION name ..., behind TABLE.
void alter_table(Tokens& tokens, Traits& traits) {
  skip_if_exists(tokens);
  tokens.accept("ONLY");
  take_name(kDialect, tokens);
  if (!tokens.accept("DETACH") || !tokens.accept("PARTITION")) return;
  traits.command = "ALTER TABLE DETACH PARTITION";
  take_name(kDialect, tokens);
  if (tokens.accept("CONCURRENTLY")) {
    refuse_concurrently(traits);
  } else if (tokens.accept("FINALIZE")) {
    traits.command += " FINALIZE";
    traits.concurrently = true;
  }
}

}  // namespace

void classify_postgres_create(Tokens& tokens, Traits& traits) {
  bool temporary = false;
  for (;;) {
    if (tokens.accept("TEMP") || tokens.accept("TEMPORARY")) {
      temporary = true;
    } else if (!tokens.accept("OR") && !tokens.accept("REPLACE") && !tokens.accept("UNIQUE") &&
               !tokens.accept("UNLOGGED") && !tokens.accept("LOCAL") && !tokens.accept("GLOBAL") &&
               !tokens.accept("RECURSIVE") && !tokens.accept("TRUSTED") && !tokens.accept("PROCEDURAL") &&
               !tokens.accept("CONSTRAINT") && !tokens.accept("DEFAULT")) {
      break;
    }
  }
  const std::string object = take_object(tokens);
  traits.command = "CREATE " + object;
  if (object == "INDEX") {
    if (tokens.accept("CONCURRENTLY")) refuse_concurrently(traits);
  } else if (object == "DATABASE" || object == "TABLESPACE") {
    refuse(traits);
  } else if (object == "SUBSCRIPTION") {
    traits.refused_in_transaction = creates_slot(tokens);
  } else {
    skip_if_exists(tokens);
    const QualifiedName name = take_name(kDialect, tokens);
    if (temporary || name.qualifier == "pg_temp") create_temporary(tokens, traits, object, name);
  }
}

void classify_postgres_alter(Tokens& tokens, Traits& traits) {
  const std::string object = take_object(tokens);
  traits.command = "ALTER " + object;
  if (object == "TABLE") {
    alter_table(tokens, traits);
  } else if (object == "SYSTEM") {
    refuse(traits);
  } else if (object == "DATABASE") {
    take_name(kDialect, tokens);
    if (!tokens.accept("SET")) tokens.accept("WITH");
    traits.refused_in_transaction = tokens.peek().is("TABLESPACE");
  } else if (object == "SUBSCRIPTION") {
    take_name(kDialect, tokens);
    traits.refused_in_transaction = alters_subscription_remotely(tokens);
  }
}

void classify_postgres_drop(Tokens& tokens, Traits& traits) {
  const std::string object = take_object(tokens);
  traits.command = "DROP " + object;
  if (object == "INDEX") {
    if (tokens.accept("CONCURRENTLY")) refuse_concurrently(traits);
  } else if (object == "DATABASE" || object == "TABLESPACE" || object == "SUBSCRIPTION") {
    refuse(traits);
  }
}

}  // namespace dunlin::sql
