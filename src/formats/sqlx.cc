#include "formats/sqlx.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "core/integer_version.h"
#include "dunlin/error.h"
#include "formats/numbering.h"
#include "formats/script_check.h"
#include "formats/sqlx_name.h"
#include "sql/statement_reader.h"

namespace dunlin::formats {
namespace {

constexpr std::string_view kNoTransaction = "-- no-transaction";

struct Entry {
  SqlxName name;
  const SourceSet::File* file;
};

std::vector<Entry> entries_of(const SourceSet& set) {
  std::vector<Entry> entries;
  for (const SourceSet::File& file : set.files) {
    if (auto name = parse_sqlx_name(file.name)) entries.push_back({std::move(*name), &file});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.name.version, a.file->name) < std::tie(b.name.version, b.file->name);
  });
  return entries;
}

Diagnostic finding(Severity severity, const char* code, const Script& script, std::string message, std::string hint) {
  Diagnostic diagnostic{severity, code, std::move(message), std::move(hint), {}, {}};
  diagnostic.where.file = script.shown_as();
  return diagnostic;
}

void check_names(const SourceSet& set, std::vector<Diagnostic>& found) {
  for (const SourceSet::File& file : set.files) {
    if (auto miss = near_miss_of_sqlx(file.name)) {
      found.push_back(finding(Severity::warning, "near-miss", file.script, "not read as a migration: " + miss->why,
                              std::move(miss->hint)));
    }
  }
  for (const std::string& name : set.not_files) {
    const bool looks_meant = parse_sqlx_name(name) || (!name.empty() && name.front() >= '0' && name.front() <= '9');
    if (!looks_meant) continue;
    Diagnostic diagnostic{Severity::warning,
                          "near-miss",
                          "not read as a migration: it is not a file",
                          "put its SQL into a file of the form VERSION_DESCRIPTION.sql",
                          {},
                          {}};
    diagnostic.where.file = name;
    found.push_back(std::move(diagnostic));
  }
}

void report_marks(const ScriptCheck& check, const Script& script, std::vector<Diagnostic>& found) {
  if (check.misplaced_mark_line > 0) {
    found.push_back(finding(Severity::warning, "misplaced-no-transaction", script,
                            "it asks for no transaction where that does not count, and runs in one",
                            fmt::format("make \"{}\" the very first bytes of the file", kNoTransaction)));
    found.back().where.line = check.misplaced_mark_line;
  }
  if (check.foreign_tool.empty()) return;
  // Run as it stands, such a file would undo at its end what it did at its beginning.
  found.push_back(
      check.foreign_down
          ? finding(Severity::error, "foreign-annotations", script,
                    fmt::format("a {} file: read as sqlx does, its down part would run as well", check.foreign_tool),
                    "split it into VERSION_DESCRIPTION.up.sql and VERSION_DESCRIPTION.down.sql")
          : finding(Severity::warning, "foreign-annotations", script,
                    fmt::format("annotations of {} mean nothing to sqlx", check.foreign_tool),
                    "remove them, or check that the file is in the right directory"));
  found.back().where.line = check.foreign_line;
}

// The mode the file asks for. What is wrong with the file is added to `found`.
TransactionMode check_file(const Script& script, std::vector<Diagnostic>& found) {
  ScriptCheck check;
  try {
    check = check_script(script, kNoTransaction);
  } catch (const Failure& failure) {
    found.push_back(finding(Severity::error, "unreadable", script, failure.error().message, failure.error().hint));
    return TransactionMode::wrapped;
  }
  if (check.invalid_utf8) {
    found.push_back(finding(Severity::error, "invalid-utf8", script, "the file is not valid UTF-8",
                            fmt::format("if it is Latin-1: iconv -f LATIN1 -t UTF-8 {}", script.shown_as())));
    found.back().where.line = check.invalid_utf8->line;
    found.back().where.column = check.invalid_utf8->column;
    found.back().line_text = sql::line_text(*script.open(), check.invalid_utf8->line);
  }
  if (check.blank) {
    found.push_back(finding(Severity::warning, "empty-file", script,
                            "the file is empty: it changes nothing and is recorded all the same",
                            "write its SQL before it is applied: afterwards a change of the file is an error"));
  }
  report_marks(check, script, found);
  return check.marked ? TransactionMode::whole_file : TransactionMode::wrapped;
}

void report_duplicates(const std::vector<const Entry*>& same, const char* what, std::vector<Diagnostic>& found) {
  for (std::size_t i = 1; i < same.size(); ++i) {
    const Script& first = same[0]->file->script;
    const Script& other = same[i]->file->script;
    found.push_back(finding(Severity::error, "duplicate-version", other,
                            fmt::format("version {} has two {}: {} and {}", same[i]->name.version, what,
                                        first.shown_as(), other.shown_as()),
                            "give one of them a version of its own, or remove it"));
  }
}

// All files of one version.
void add_version(std::span<const Entry> entries, const HistoryScheme& scheme, Catalog& catalog) {
  std::vector<const Entry*> ups;
  std::vector<const Entry*> downs;
  for (const Entry& entry : entries) (entry.name.part == SqlxName::Part::down ? downs : ups).push_back(&entry);
  report_duplicates(ups, "files to apply", catalog.diagnostics);
  report_duplicates(downs, "files to undo it", catalog.diagnostics);
  if (ups.empty()) {
    const Script& down = downs.front()->file->script;
    const std::string stem = down.shown_as().substr(0, down.shown_as().size() - std::string_view(".down.sql").size());
    catalog.diagnostics.push_back(finding(Severity::warning, "orphan-down", down,
                                          "it undoes a migration that is not there",
                                          fmt::format("restore {}.up.sql, or remove the file", stem)));
    return;
  }

  const Entry& up = *ups.front();
  Migration migration;
  migration.version = make_integer_version(up.name.version);
  migration.name = up.name.name;
  migration.description = up.name.description;
  migration.up = up.file->script;
  migration.mode = check_file(migration.up, migration.diagnostics);
  const auto unreadable = [](const Diagnostic& diagnostic) { return diagnostic.code == "unreadable"; };
  if (std::none_of(migration.diagnostics.begin(), migration.diagnostics.end(), unreadable))
    migration.checksum = scheme.checksum(migration.up);
  if (auto miss = misleading_sqlx_name(up.name, up.file->name)) {
    migration.diagnostics.push_back(
        finding(Severity::warning, "near-miss", migration.up, std::move(miss->why), std::move(miss->hint)));
  }
  if (!downs.empty()) {
    const Entry& down = *downs.front();
    migration.down = down.file->script;
    migration.down_mode = check_file(migration.down, migration.diagnostics);
    if (down.name.name != up.name.name) {
      migration.diagnostics.push_back(
          finding(Severity::warning, "pair-differs", migration.down,
                  fmt::format("it undoes {}, which has the same version, but another name", migration.up.shown_as()),
                  "rename one of them"));
    }
  }
  catalog.migrations.push_back(std::move(migration));
}

bool recognises(const SourceSet& set) {
  return std::any_of(set.files.begin(), set.files.end(),
                     [](const SourceSet::File& file) { return parse_sqlx_name(file.name).has_value(); });
}

Catalog read(const SourceSet& set, const HistoryScheme& scheme) {
  Catalog catalog;
  catalog.location = set.location;
  catalog.format = "sqlx";
  check_names(set, catalog.diagnostics);
  const std::vector<Entry> entries = entries_of(set);
  for (auto begin = entries.begin(); begin != entries.end();) {
    const auto end = std::find_if(begin, entries.end(),
                                  [&](const Entry& entry) { return entry.name.version != begin->name.version; });
    add_version({begin, end}, scheme, catalog);
    begin = end;
  }
  return catalog;
}

std::vector<NewFile> make(const SourceSet& set, std::string_view description, bool reversible, std::int64_t now) {
  const std::string name = name_from_description(description);
  const std::vector<Entry> entries = entries_of(set);
  std::vector<std::string_view> versions;
  std::transform(entries.begin(), entries.end(), std::back_inserter(versions),
                 [](const Entry& entry) { return entry.name.digits; });
  const std::string stem = fmt::format("{}_{}", next_version(versions, now), name);
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  const std::string about_transactions =
      "-- It runs in one transaction. A statement that cannot, such as CREATE INDEX CONCURRENTLY, wants a file of its "
      "own\n"
      "-- that begins with the line:  -- no-transaction\n";
  if (!reversible) return {{stem + ".sql", fmt::format("-- {}\n{}\n", words, about_transactions)}};
  return {{stem + ".up.sql", fmt::format("-- {}\n{}\n", words, about_transactions)},
          {stem + ".down.sql", fmt::format("-- Undoes {}.up.sql, newest change first.\n\n", stem)}};
}

}  // namespace

Format sqlx_format() {
  return {.name = "sqlx",
          .history = "sqlx",
          .out_of_order_allowed = true,
          .foreign_keys = true,
          .no_transaction_mark = kNoTransaction,
          .no_transaction_on_sqlite = false,
          .recognises = &recognises,
          .read = &read,
          .make = &make};
}

}  // namespace dunlin::formats
