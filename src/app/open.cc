#include "app/open.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/history_table.h"
#include "drivers/registry.h"
#include "formats/format.h"
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

Project open(const MigratorOptions& options) {
  const bool from_code = !options.embedded.empty() || !options.migrations.empty();
  if (!options.directory.empty() && from_code) {
    throw Failure(ErrorKind::usage, "migrations come from a directory or from the program, not from both");
  }
  const formats::SourceSet sources =
      from_code ? formats::list_embedded(options.embedded) : formats::list_directory(options.directory);
  const formats::Format& format = options.format.empty() ? formats::detect(sources) : formats::by_name(options.format);

  Project project;
  project.scheme = &history::by_name(options.history.empty() ? format.history : std::string_view(options.history));
  project.table = options.history_table.empty() ? TableName{{}, std::string(project.scheme->default_table())}
                                                : parse_table_name(options.history_table);
  project.catalog = catalog_of(options, format, *project.scheme, sources);
  project.url = options.url;
  project.session = options.session;
  project.session.foreign_keys = format.foreign_keys;
  project.driver = options.driver;
  if (project.driver == nullptr && !options.url.empty()) project.driver = drivers::for_url(options.url);
  if (project.driver != nullptr && project.driver->dialect() == Dialect::sqlite && !format.no_transaction_on_sqlite) {
    note_unheeded_marks(project.catalog, format);
  }
  return project;
}

}  // namespace dunlin::app
