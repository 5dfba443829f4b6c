#include "drivers/sqlite/guard.h"

#include <algorithm>
#include <array>

#include <sqlite3.h>

#include "sql/statement_reader.h"
#include "sql/traits.h"

namespace dunlin::sqlite {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The next word of letters, in lower case.
std::string take_word(std::string_view& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto begin = std::find_if(text.begin(), text.end(), letter);
  const auto end = std::find_if_not(begin, text.end(), letter);
  const std::string word = fold(std::string_view(begin, end));
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  return word;
}

// REPLACE INTO, INSERT OR REPLACE, UPDATE OR REPLACE: deletes the rows that are in its way.
bool replaces(std::string_view statement) {
  const std::string first = take_word(statement);
  if (first == "replace") return true;
  if (first == "insert" || first == "update") return take_word(statement) == "or" && take_word(statement) == "replace";
  if (first != "with") return false;
  std::string previous;
  for (std::string word = take_word(statement); !word.empty(); word = take_word(statement)) {
    if ((previous == "or" && word == "replace") || (previous == "replace" && word == "into")) return true;
    previous = std::move(word);
  }
  return false;
}

// Whether the bytes hold the word "drop" at all: most files do not, and need no closer look.
bool mentions_drop(const Script& script) {
  constexpr std::string_view kWord = "drop";
  std::array<char, 16 * 1024> buffer;
  std::size_t kept = 0;
  const auto reader = script.open();
  while (const std::size_t count = reader->read(std::span(buffer).subspan(kept))) {
    const std::size_t size = kept + count;
    const std::string_view text(buffer.data(), size);
    const auto same = [](char a, char b) { return (a | 0x20) == b; };
    if (std::search(text.begin(), text.end(), kWord.begin(), kWord.end(), same) != text.end()) return true;
    kept = std::min(size, kWord.size() - 1);
    std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(size - kept),
              buffer.begin() + static_cast<std::ptrdiff_t>(size), buffer.begin());
  }
  return false;
}

}  // namespace

std::optional<bool> pragma_truth(std::string_view value) {
  const std::string folded = fold(value);
  if (folded == "off" || folded == "0" || folded == "no" || folded == "false") return false;
  if (folded == "on" || folded == "1" || folded == "yes" || folded == "true") return true;
  return std::nullopt;
}

bool ForeignKeyGuard::load() {
  if (!loaded_) loaded_ = references_.load(connection_) == SQLITE_OK;
  return loaded_;
}

ForeignKeyVerdict ForeignKeyGuard::judge(const Footprint& footprint, std::string_view statement) {
  if (footprint.pragma == "foreign_keys" && !off_ && pragma_truth(footprint.pragma_value) == false) {
    subject_ = "PRAGMA foreign_keys";
    return ForeignKeyVerdict::needs_off;
  }
  const bool may_replace = off_ && !footprint.inserted_into.empty() && replaces(statement);
  const bool update_replaces = off_ && !footprint.updated.empty() && replaces(statement);
  if (footprint.dropped.empty() &&
      (!off_ || (footprint.deleted_from.empty() && footprint.updated.empty() && !may_replace))) {
    return ForeignKeyVerdict::harmless;
  }
  if (!load()) return ForeignKeyVerdict::unknown;
  const auto needs_on = [&](const std::string& table) {
    subject_ = table;
    return ForeignKeyVerdict::needs_on;
  };
  if (!off_) {
    for (const std::string& table : footprint.dropped) {
      if (!references_.referenced(table)) continue;
      subject_ = table;
      return ForeignKeyVerdict::needs_off;
    }
    return ForeignKeyVerdict::harmless;
  }
  for (const std::string& table : footprint.deleted_from) {
    // DROP TABLE deletes first; that it does so without the references is why they are off.
    if (!contains(footprint.dropped, table) && references_.referenced(table)) return needs_on(table);
  }
  for (const auto& [table, column] : footprint.updated) {
    // Other columns than the referenced ones behave the same with foreign keys on and off.
    if (references_.is_referenced_column(table, column)) return needs_on(table);
    if (update_replaces && references_.referenced(table)) return needs_on(table);
  }
  if (may_replace) {
    for (const std::string& table : footprint.inserted_into) {
      if (references_.referenced(table)) return needs_on(table);
    }
  }
  return ForeignKeyVerdict::harmless;
}

void ForeignKeyGuard::ran(const Footprint& footprint) {
  rebuilt_.insert(footprint.dropped.begin(), footprint.dropped.end());
  if (footprint.changes_schema) loaded_ = false;
}

int ForeignKeyGuard::remember_violations() {
  return before_.load(connection_);
}

int ForeignKeyGuard::find_new_violation(std::optional<Violations::New>& found) {
  Violations after;
  const int code = after.load(connection_);
  if (code == SQLITE_OK) found = after.first_new(before_, rebuilt_);
  return code;
}

bool drops_referenced_table(Connection& connection, const Step& step) {
  const Script& script = step.script();
  if (script.empty() || !mentions_drop(script)) return false;
  References references;
  bool loaded = false;
  const auto reader = script.open();
  sql::StatementReader statements(Dialect::sqlite, *reader, script.shown_as(), script.first_line());
  while (const auto statement = statements.next()) {
    const std::string dropped = fold(sql::classify(Dialect::sqlite, statement->text).dropped_table);
    if (dropped.empty()) continue;
    if (!loaded && references.load(connection) != SQLITE_OK) return false;
    loaded = true;
    if (references.referenced(dropped)) return true;
    references.remove_table(dropped);
  }
  return false;
}

}  // namespace dunlin::sqlite
