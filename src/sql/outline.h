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
  // "CREATE INDEX CONCURRENTLY"; for `leaves_behind` what is left: "search_path"; for pragmas "PRAGMA page_size".
  std::string command;
  int line = 0;
  int column = 0;
};

struct Outline {
  std::size_t statements = 0;

  // The script's own transaction control.
  bool first_is_begin = false;
  bool last_is_commit = false;
  std::string begin_characteristics;
  // BEGIN, COMMIT, ... anywhere but as first BEGIN and last COMMIT. Savepoints do not count.
  std::optional<Mention> inner_transaction_word;
  std::optional<Mention> rollback;
  std::optional<Mention> prepare_transaction;

  // The first of each, if any.
  std::optional<Mention> refused_in_transaction;
  std::optional<Mention> concurrently;
  std::optional<Mention> may_commit;
  std::optional<Mention> needs_transaction;
  // Behind COPY ... FROM stdin comes data, not SQL: the pass ends there, and what follows is not in the outline.
  std::optional<Mention> copies_to_client;
  std::optional<Mention> changes_lexer;
  std::optional<Mention> creates_temporary;
  std::optional<Mention> resets_settings;
  std::optional<Mention> releases_locks;

  std::size_t refused_count = 0;

  static constexpr std::size_t kMostMentions = 16;
  // At most 16, each once: settings, temporary tables and prepared statements that later migrations would see.
  std::vector<Mention> leaves_behind;

  // SQLite. The tables of DROP TABLE, and those whose rows are deleted or changed; each once, as first spelled.
  std::vector<std::string> dropped_tables;
  std::vector<std::string> modified_tables;
  // PRAGMA foreign_keys = ...
  std::optional<Mention> foreign_keys_pragma;
  // Pragmas that silently do nothing inside a transaction: foreign_keys, page_size, auto_vacuum, encoding. At most 16.
  std::vector<Mention> pragmas_without_effect;

  bool begins_and_commits() const {
    return first_is_begin && last_is_commit && !inner_transaction_word && !rollback && !prepare_transaction;
  }
};

// Throws Failure (source) as StatementReader does, Failure (io) as the reader does.
Outline outline(Dialect, ScriptReader&, const std::string& shown_as, int first_line);

}  // namespace dunlin::sql
