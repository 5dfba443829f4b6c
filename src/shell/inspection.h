// What the backslash commands that look at the catalogue ask of it: a file for each dialect.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/dialect.h"
#include "dunlin/driver.h"

namespace dunlin::shell {

// "\dt+ public.*"
struct Wanted {
  std::string_view command;  // "dt"
  bool more = false;         // the plus
  std::string pattern;       // may be empty: everything
};

// A query whose rows are shown under a title; one that finds nothing is left out when it is `optional`.
struct Inspection {
  std::string title;
  std::string sql;
  bool optional = false;
};

// Asks the database for what decides what to ask next.
using Ask = std::function<Rows(const std::string& sql)>;

// Empty for a command that this dialect has not. Throws Failure (usage) when the pattern names nothing.
std::optional<std::vector<Inspection>> inspect(Dialect, const Wanted&, const Ask&);
std::optional<std::vector<Inspection>> inspect_postgres(const Wanted&, const Ask&);
std::optional<std::vector<Inspection>> inspect_sqlite(const Wanted&, const Ask&);

// Rows of schema, relation, whether it is visible without its schema ("1"), column: for completion.
std::string names_query(Dialect);

// A psql pattern as LIKE patterns with ! as the escape: * is any text, ? a character, quotes keep what they hold.
struct Pattern {
  std::string schema;  // empty: none was named
  std::string name;
};
Pattern read_pattern(Dialect, std::string_view text);
// "n.nspname LIKE '...' ESCAPE '!'".
std::string like(Dialect, std::string_view expression, const std::string& pattern);

}  // namespace dunlin::shell
