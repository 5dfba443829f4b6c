#include "app/open.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/history_table.h"
#include "drivers/registry.h"
#include "history/registry.h"

namespace dunlin::app {
namespace {

Catalog catalog_of(const MigratorOptions& options, const formats::Format& format, const HistoryScheme& scheme,
                   const formats::SourceSet& sources) {
  Catalog catalog = format.read(sources, scheme);
  catalog.format = format.name;
  catalog.out_of_order_allowed = format.out_of_order_allowed;
  catalog.no_transaction_mark = format.no_transaction_mark;
  for (const Migration& migration : options.migrations) {
    catalog.migrations.push_back(migration);
    Migration& added = catalog.migrations.back();
    if (added.version.sort_key.empty()) {
      const std::optional<Version> version = scheme.parse_version(added.version.text);
      if (!version) throw Failure(ErrorKind::usage, "not a version of this history: " + added.version.text);
      added.version = *version;
    }
    if (added.description.empty()) {
      added.description = added.name;
      std::ranges::replace(added.description, '_', ' ');
    }
    // A callback has no text to digest: its name stands for it, so that the history row is complete.
    if (added.checksum.empty()) {
      added.checksum = scheme.checksum(added.up.empty() ? Script::from_text(added.name, added.name) : added.up);
    }
  }
  if (options.migrations.empty()) return catalog;
  std::ranges::stable_sort(catalog.migrations, {}, &Migration::version);
  const auto twice = std::ranges::adjacent_find(catalog.migrations, {}, &Migration::version);
  if (twice != catalog.migrations.end()) {
    throw Failure(ErrorKind::source, "two migrations have the version " + twice->version.text);
  }
  return catalog;
}

// dunlin heeds the mark everywhere; a team whose tool does not has to know before it goes back to that tool.
void note_unheeded_marks(Catalog& catalog, const formats::Format& format) {
  for (Migration& migration : catalog.migrations) {
    if (migration.mode == TransactionMode::wrapped) continue;
    Diagnostic note{Severity::warning, "no-transaction-on-sqlite", {}, {}, {}, {}};
    note.message =
        fmt::format("'{}' is heeded here, but {} itself ignores it on SQLite", format.no_transaction_mark, format.name);
    note.where = {migration.up.shown_as(), 1, 1, 0};
    migration.diagnostics.push_back(std::move(note));
  }
}

}  // namespace

Opening begin_opening(const MigratorOptions& options) {
  const bool from_code = !options.embedded.empty() || !options.migrations.empty();
  if (!options.directory.empty() && from_code) {
    throw Failure(ErrorKind::usage, "migrations come from a directory or from the program, not from both");
  }
  Opening opening;
  opening.sources = from_code ? formats::list_embedded(options.embedded) : formats::list_directory(options.directory);
  opening.format = options.format.empty() ? &formats::detect(opening.sources) : &formats::by_name(options.format);

  Project& project = opening.project;
  project.scheme =
      &history::by_name(options.history.empty() ? opening.format->history : std::string_view(options.history));
  project.table = options.history_table.empty() ? TableName{{}, std::string(project.scheme->default_table())}
                                                : parse_table_name(options.history_table);
  project.url = options.url;
  project.session = options.session;
  project.grants = options.grants;
  project.session.foreign_keys = opening.format->foreign_keys;
  project.driver = options.driver;
  if (project.driver == nullptr && !options.url.empty()) project.driver = drivers::for_url(options.url);
  return opening;
}

Project finish_opening(Opening opening, const MigratorOptions& options) {
  Project& project = opening.project;
  const formats::Format& format = *opening.format;
  project.catalog = catalog_of(options, format, *project.scheme, opening.sources);
  if (project.driver != nullptr && project.driver->dialect() == Dialect::sqlite && !format.no_transaction_on_sqlite) {
    note_unheeded_marks(project.catalog, format);
  }
  return std::move(project);
}

Project open(const MigratorOptions& options) {
  return finish_opening(begin_opening(options), options);
}

}  // namespace dunlin::app
