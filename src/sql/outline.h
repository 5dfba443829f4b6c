// What the planner has to know of a whole script, gathered in one streaming pass: memory does not grow with the script.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/dialect.h"
#include "dunlin/script.h"

namespace dunlin::sql {

// A statement worth naming in a message.
struct Mention {
  std::string command;  // "CREATE INDEX CONCURRENTLY"; for `leaves_behind` what is left: "search_path"
  int line = 0;
  int column = 0;
};

struct Outline {
  std::size_t statements = 0;

  // The script's own transaction control.
  bool first_is_begin = false;
  bool last_is_commit = false;
  std::string begin_characteristics;
  // BEGIN, COMMIT, ... anywhere but as first BEGIN and last COMMIT.
  std::optional<Mention> inner_transaction_word;
  std::optional<Mention> rollback;
  std::optional<Mention> prepare_transaction;

  // The first of each, if any.
  std::optional<Mention> refused_in_transaction;
  std::optional<Mention> may_commit;
  std::optional<Mention> needs_transaction;
  std::optional<Mention> copies_to_client;
  std::optional<Mention> changes_lexer;
  std::optional<Mention> creates_temporary;
  std::optional<Mention> releases_locks;
  std::optional<Mention> foreign_keys_pragma;

  // At most 16: settings, temporary tables and prepared statements that later migrations would see.
  std::vector<Mention> leaves_behind;

  bool begins_and_commits() const {
    return first_is_begin && last_is_commit && !inner_transaction_word && !rollback && !prepare_transaction;
  }
};

// Throws Failure (source) as StatementReader does, Failure (io) as the reader does.
Outline outline(Dialect, ScriptReader&, const std::string& shown_as, int first_line);

}  // namespace dunlin::sql
