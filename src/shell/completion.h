// What the word before the cursor may become.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dunlin/dialect.h"

namespace dunlin::shell {

// What the database has, as far as names go.
struct Names {
  struct Relation {
    std::string schema;
    std::string name;
    bool visible = true;  // without its schema
    std::vector<std::string> columns;
  };
  std::vector<Relation> relations;
};

struct Completions {
  // Where the word begins that they stand in the place of, in bytes.
  std::size_t from = 0;
  // Each one once, in order.
  std::vector<std::string> words;
};

// `before` is the statement up to the cursor, `after` the rest of it. `commands` are the backslash commands, with
// their backslash.
Completions complete(Dialect, std::string_view before, std::string_view after, const Names&,
                     const std::vector<std::string>& commands);

}  // namespace dunlin::shell
