#include "core/status.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/resumption.h"
#include "dunlin/error.h"

namespace dunlin {

std::size_t Status::count(MigrationState state) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(rows, state, &StatusRow::state));
}

std::size_t Status::changed() const noexcept {
  return static_cast<std::size_t>(std::ranges::count(rows, true, &StatusRow::changed));
}

std::size_t Status::out_of_order() const noexcept {
  return static_cast<std::size_t>(std::ranges::count(rows, true, &StatusRow::out_of_order));
}

std::size_t Status::contradictions() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(rows, &StatusRow::contradicts));
}

std::size_t Status::to_settle() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(rows, &StatusRow::needs_settling));
}

bool StatusRow::contradicts() const noexcept {
  const bool recorded = applied && applied->success;
  return half_done && recorded == (half_done->direction == Direction::up);
}

Version Status::at_version() const {
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (row->applied && row->applied->success) return row->version;
  }
  return {};
}

namespace {

StatusRow row_of(AppliedMigration&& given, const Migration* migration, const HistoryScheme& scheme,
                 const Version& newest_file) {
  StatusRow row;
  const AppliedMigration& applied = row.applied.emplace(std::move(given));
  row.version = applied.version;
  row.kind = applied.kind;
  if (!applied.success) {
    row.state = MigrationState::failed;
  } else if (migration != nullptr) {
    row.state = MigrationState::applied;
  } else {
    row.state = applied.version > newest_file ? MigrationState::ahead : MigrationState::missing;
  }
  const bool comparable = migration != nullptr && !applied.checksum.empty() && !migration->up.empty();
  if (comparable && migration->checksum != applied.checksum) {
    row.changed = true;
    row.changed_only_in_whitespace = scheme.compare(migration->up, applied.checksum) == ChecksumMatch::whitespace_only;
  }
  return row;
}

}  // namespace

Status make_status(const Catalog& catalog, const HistoryScheme& scheme, std::vector<AppliedMigration> history) {
  const Version newest_file = catalog.migrations.empty() ? Version{} : catalog.migrations.back().version;
  if (!std::ranges::is_sorted(history, {}, &AppliedMigration::version)) {
    std::ranges::stable_sort(history, {}, &AppliedMigration::version);
  }
  const Version newest_applied = history.empty() ? Version{} : history.back().version;

  Status status;
  status.rows.reserve(catalog.migrations.size() + history.size());
  std::vector<StatusRow> without_file;
  auto applied = history.begin();
  for (std::size_t i = 0; i < catalog.migrations.size(); ++i) {
    const Migration& migration = catalog.migrations[i];
    for (; applied != history.end() && applied->version < migration.version; ++applied) {
      without_file.push_back(row_of(std::move(*applied), nullptr, scheme, newest_file));
    }
    StatusRow row;
    if (applied != history.end() && applied->version == migration.version) {
      row = row_of(std::move(*applied++), &migration, scheme, newest_file);
    } else {
      row.version = migration.version;
      row.kind = migration.kind;
      row.out_of_order = migration.kind == MigrationKind::versioned && migration.version < newest_applied;
    }
    row.migration = i;
    status.rows.push_back(std::move(row));
  }
  for (; applied != history.end(); ++applied) {
    without_file.push_back(row_of(std::move(*applied), nullptr, scheme, newest_file));
  }
  if (without_file.empty()) return status;
  std::ranges::move(without_file, std::back_inserter(status.rows));
  std::ranges::stable_sort(status.rows, {}, &StatusRow::version);
  return status;
}

void note_half_done(Status& status, const Project& project, const Journal& journal, Session& session) {
  try {
    for (const auto& [key, entries] : journal.read_all(session, *project.scheme)) {
      const auto row = std::ranges::find(status.rows, key.version, &StatusRow::version);
      if (row == status.rows.end()) continue;
      HalfDone half{.direction = key.direction};
      for (const auto& [number, entry] : entries) {
        if (entry.done) {
          ++half.statements;
        } else {
          half.in_doubt = number;
        }
      }
      half.goes_on = foresee(project, session, key, entries).goes_on;
      // Of two the one that contradicts is what matters.
      if (!row->contradicts()) row->half_done = half;
    }
  } catch (const Failure& failure) {
    if (failure.error().kind != ErrorKind::sql) throw;
  }
}

std::vector<Diagnostic> validate(const Catalog& catalog, const Status& status) {
  std::vector<Diagnostic> found = catalog.diagnostics;
  for (const Migration& migration : catalog.migrations) {
    found.insert(found.end(), migration.diagnostics.begin(), migration.diagnostics.end());
  }
  for (const StatusRow& row : status.rows) {
    const std::string& version = row.version.text;
    const Migration* migration = row.migration ? &catalog.migrations[*row.migration] : nullptr;
    Diagnostic diagnostic;
    if (migration != nullptr) diagnostic.where.file = migration->up.shown_as();
    if (row.changed_only_in_whitespace) {
      diagnostic.severity = Severity::warning;
      diagnostic.code = "line-endings-changed";
      diagnostic.message = fmt::format(
          "{} differs from what was applied only in line endings, byte order mark or final newline", version);
      diagnostic.hint = "dunlin validate --fix-checksums";
    } else if (row.changed) {
      diagnostic.code = "changed";
      diagnostic.message = fmt::format("{} is applied, and its file differs from what was applied", version);
      diagnostic.hint =
          "restore the file and put the change into a new migration (dunlin new); if the database already has it: "
          "dunlin "
          "validate --fix-checksums";
    } else if (row.state == MigrationState::missing) {
      diagnostic.code = "missing";
      diagnostic.message = fmt::format("{} is applied, and its file is missing from {}", version, catalog.location);
      diagnostic.hint = "restore the file from version control, or go on without it: dunlin migrate --ignore-missing";
    } else if (row.state == MigrationState::failed) {
      diagnostic.code = "failed";
      diagnostic.message = fmt::format("{} is recorded as failed", version);
      diagnostic.hint = fmt::format("look at what it left, then: dunlin resolve {} --applied | --rolled-back", version);
    } else if (row.contradicts()) {
      diagnostic.code = "half-done";
      diagnostic.message = fmt::format("{} is {} by the history, and half {} by dunlin_journal", version,
                                       row.applied ? "applied" : "not applied",
                                       row.half_done->direction == Direction::up ? "done" : "undone");
      diagnostic.hint = fmt::format("dunlin resolve {}  says how to settle it", version);
    } else if (row.state == MigrationState::ahead) {
      diagnostic.severity = Severity::note;
      diagnostic.code = "ahead";
      diagnostic.message = fmt::format("{} was applied by a newer version of the application", version);
    } else {
      continue;
    }
    found.push_back(std::move(diagnostic));
  }
  return found;
}

}  // namespace dunlin
