// The classifiers behind classify(), and what they share.
#pragma once

#include <string_view>

#include "sql/tokens.h"
#include "sql/traits.h"

namespace dunlin::sql {

Traits classify_postgres(std::string_view text);
Traits classify_sqlite(std::string_view text);

// A row of a dialect's table: what to do with the tokens behind a statement's first word. In the words' order.
struct CommandRow {
  std::string_view word;
  void (*classify)(Tokens&, Traits&);
};

// BEGIN's mode words in capitals, commas kept.
std::string take_characteristics(Tokens&);

// PostgreSQL: SET, RESET and set_config, each behind its first word; in files of their own for their length.
void classify_postgres_set(Tokens&, Traits&);
void classify_postgres_reset(Tokens&, Traits&);
// A query's tokens: calls that change the session or give up locks, SELECT INTO TEMP.
void classify_postgres_query(Tokens&, Traits&);
void classify_postgres_create(Tokens&, Traits&);
void classify_postgres_alter(Tokens&, Traits&);
void classify_postgres_drop(Tokens&, Traits&);

}  // namespace dunlin::sql
