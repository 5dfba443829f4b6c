// PostgreSQL: what changes settings, and what else a query can do to its session.
#include "sql/dialect_traits.h"

namespace dunlin::sql {
namespace {

constexpr Dialect kDialect = Dialect::postgres;

bool says_on(const std::string& value) {
  const std::string word = capitals_of(value);
  return word == "ON" || word == "TRUE" || word == "T" || word == "YES" || word == "1" || word == "DEFAULT";
}

void set_for_session(Traits& traits, std::string name) {
  traits.changes_session = true;
  traits.leaves_behind = std::move(name);
}

void set_for_transaction(Traits& traits) {
  traits.changes_transaction = traits.needs_transaction = true;
}

// Behind a setting's name: whether it gets what it had when the session began.
bool takes_default(Tokens& tokens, const std::string& name) {
  if (!tokens.accept("TO")) tokens.accept('=');
  const std::string word = capitals_of(value_of(tokens.peek()));
  return tokens.peek().is("DEFAULT") || (name == "role" && word == "NONE");
}

// set_config(name, value, is_local), behind its parenthesis.
void take_set_config(Tokens& tokens, Traits& traits) {
  std::string arguments[3];
  std::size_t count = 0;
  for (int depth = 1; depth > 0 && !tokens.peek().is_end();) {
    const Token token = tokens.take();
    if (token.is('(')) ++depth;
    if (token.is(')')) --depth;
    if (token.is(',') && depth == 1) {
      ++count;
    } else if (depth > 0 && count < 3) {
      // Casts and such stand behind the value.
      if (arguments[count].empty()) arguments[count] = value_of(token);
    }
  }
  if (small_of(arguments[0]) == "standard_conforming_strings" && !says_on(arguments[1])) traits.changes_lexer = true;
  if (says_on(arguments[2])) {
    traits.changes_transaction = traits.needs_transaction = true;
  } else {
    set_for_session(traits, arguments[0].empty() ? "a setting" : arguments[0]);
  }
}

// SELECT ... INTO [TEMP | TEMPORARY | UNLOGGED] [TABLE] name, behind INTO.
void take_into(Tokens& tokens, Traits& traits) {
  if (!tokens.accept("LOCAL")) tokens.accept("GLOBAL");
  if (!tokens.accept("TEMP") && !tokens.accept("TEMPORARY")) return;
  tokens.accept("TABLE");
  traits.creates_temporary = traits.changes_session = true;
  traits.leaves_behind = "temporary table " + take_name(kDialect, tokens).full();
}

}  // namespace

void classify_postgres_query(Tokens& tokens, Traits& traits) {
  int depth = 0;
  bool inserts = false;
  while (!tokens.peek().is_end()) {
    const Token token = tokens.take();
    if (token.is('(')) ++depth;
    if (token.is(')')) --depth;
    if (!token.is_name()) continue;
    inserts = inserts || token.is("INSERT") || token.is("MERGE");
    if (token.is("INTO") && depth == 0 && !inserts) {
      take_into(tokens, traits);
    } else if (tokens.peek().is('(') && token.text.size() >= 10) {
      const std::string function = name_of(kDialect, token);
      if (function == "set_config") {
        tokens.take();
        take_set_config(tokens, traits);
      } else if (function == "pg_advisory_unlock" || function == "pg_advisory_unlock_all" ||
                 function == "pg_advisory_unlock_shared") {
        traits.releases_locks = true;
      }
    }
  }
}

void classify_postgres_set(Tokens& tokens, Traits& traits) {
  const bool local = tokens.accept("LOCAL");
  const bool session = !local && tokens.accept("SESSION");
  if (local) traits.command = "SET LOCAL";

  if (session && tokens.accept("CHARACTERISTICS")) {
    traits.command = "SET SESSION CHARACTERISTICS";
    set_for_session(traits, "session characteristics");
    return;
  }
  if (!session && tokens.accept("CONSTRAINTS")) {
    traits.command = "SET CONSTRAINTS";
    set_for_transaction(traits);
    return;
  }

  std::string name;
  if (session && tokens.accept("AUTHORIZATION")) {
    name = "session authorization";
  } else if (tokens.peek().is("SESSION")) {
    tokens.take();
    tokens.accept("AUTHORIZATION");
    name = "session authorization";
  } else if (tokens.peek().is("TRANSACTION")) {
    traits.command = "SET TRANSACTION";
    set_for_transaction(traits);
    return;
  } else if (tokens.accept("TIME")) {
    name = "timezone";
  } else if (tokens.accept("NAMES")) {
    name = "client_encoding";
  } else if (tokens.accept("SCHEMA")) {
    name = "search_path";
  } else if (tokens.accept("XML")) {
    name = "xmloption";
  } else {
    // Names of settings have no case, quoted or not.
    name = small_of(take_name(kDialect, tokens).full());
    if (name == "standard_conforming_strings") {
      if (!tokens.accept("TO")) tokens.accept('=');
      traits.changes_lexer = !says_on(value_of(tokens.peek()));
    }
  }
  if (name == "role") traits.command = local ? "SET LOCAL ROLE" : "SET ROLE";
  if (name == "session authorization") traits.command = "SET SESSION AUTHORIZATION";

  if (local) {
    set_for_transaction(traits);
  } else if (takes_default(tokens, name)) {
    traits.changes_session = true;
    traits.puts_back = std::move(name);
  } else {
    set_for_session(traits, std::move(name));
  }
}

void classify_postgres_reset(Tokens& tokens, Traits& traits) {
  traits.changes_session = true;
  traits.resets_settings = tokens.accept("ALL");
  if (traits.resets_settings) {
    traits.command = "RESET ALL";
  } else if (tokens.accept("SESSION")) {
    traits.puts_back = "session authorization";
  } else if (tokens.accept("TIME")) {
    traits.puts_back = "timezone";
  } else {
    traits.puts_back = small_of(take_name(kDialect, tokens).full());
  }
}

}  // namespace dunlin::sql
