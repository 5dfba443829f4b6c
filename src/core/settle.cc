#include "core/settle.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/history_table.h"
#include "core/resumption.h"
#include "core/run_session.h"
#include "core/status.h"

namespace dunlin {
namespace {

Version require_version(const Project& project, const std::string& text) {
  const std::optional<Version> version = project.scheme->parse_version(text);
  if (!version) {
    throw Failure(ErrorKind::usage, fmt::format("{} is not a version of this history", text),
                  "dunlin info  lists the versions there are");
  }
  return *version;
}

const Migration& require_migration(const Project& project, const Version& version) {
  if (const Migration* migration = project.catalog.find(version)) return *migration;
  throw Failure(ErrorKind::usage, fmt::format("there is no migration {} in {}", version.text, project.catalog.location),
                "dunlin info  lists the versions there are");
}

// Connected, under the run lock, with a history table to write to.
class LockedRun {
 public:
  LockedRun(const Project& project, const RunOptions& options, Observer& observer) : run_(project, options, observer) {
    run_.connect(false);
    if (const std::optional<Error> error = run_.lock()) throw Failure(*error);
    run_.prepare_history();
  }

  RunSession& operator*() { return run_; }
  RunSession* operator->() { return &run_; }

  void write(const std::vector<std::string>& sql) {
    if (sql.empty()) return;
    const StatementResult written = run_.session().execute_together({}, sql, nullptr, run_.observer());
    if (written.outcome == StatementOutcome::done) return;
    throw Failure(written.error.value_or(run_.interrupted_error()));
  }

 private:
  RunSession run_;
};

void append(std::vector<std::string>& sql, std::vector<std::string> more) {
  std::ranges::move(more, std::back_inserter(sql));
}

std::string evidence_of(const Unsettled& one) {
  const bool up = one.direction == Direction::up;
  std::string text = up ? "" : "of its way down: ";
  if (one.contradicts()) {
    text += fmt::format("{} of its statements took effect{}, and the history says that it is {}", one.statements_done,
                        one.statement ? ", one more was begun" : "", up ? "applied" : "not applied");
  } else if (one.statement) {
    text += "it was begun, and its end was not recorded";
  } else {
    text += fmt::format("{} of its statements took effect, and {}", one.statements_done,
                        up ? "it has no history row" : "its history row is still there");
  }
  return text;
}

}  // namespace

std::vector<const Migration*> plan_baseline(const Project& project, const Status& status, const std::string& version) {
  const Version upto = require_version(project, version);
  require_migration(project, upto);
  std::vector<const Migration*> recorded;
  for (const StatusRow& row : status.rows) {
    if (row.version > upto) break;
    if (row.state == MigrationState::failed) {
      throw Failure(ErrorKind::remains, fmt::format("{} is recorded as failed", row.version.text),
                    fmt::format("settle it first: dunlin resolve {} --applied | --rolled-back", row.version.text));
    }
    if (row.applied || !row.migration) continue;
    if (row.half_done) {
      throw Failure(ErrorKind::remains,
                    fmt::format("{} is half done: an earlier run began it, statement by statement, and did not come to "
                                "its end",
                                row.version.text),
                    row.half_done->goes_on
                        ? fmt::format("finish it: dunlin migrate; or settle it first: dunlin resolve {} --applied | "
                                      "--rolled-back",
                                      row.version.text)
                        : fmt::format("dunlin resolve {}  says how to settle it", row.version.text));
    }
    recorded.push_back(&project.catalog.migrations[*row.migration]);
  }
  return recorded;
}

std::vector<const Migration*> apply_baseline(const Project& project, const RunOptions& options,
                                             const std::string& version, Observer& observer) {
  LockedRun run(project, options, observer);
  Status status = run->status();
  note_half_done(status, project, run->journal(), run->session());
  const std::vector<const Migration*> recorded = plan_baseline(project, status, version);
  std::vector<std::string> sql;
  for (const Migration* migration : recorded) {
    append(sql, project.scheme->record_up_sql(run->history().dialect(), run->history().name(), *migration,
                                              std::chrono::nanoseconds{0}));
  }
  run.write(sql);
  return recorded;
}

std::vector<Unsettled> unsettled(const Project& project, Session& session) {
  std::vector<Unsettled> found;
  const Dialect dialect = project.driver->dialect();
  HistoryTable history(*project.scheme, dialect, project.table);
  history.locate(session);
  const std::vector<AppliedMigration> rows = history.read(session);
  for (const AppliedMigration& row : rows) {
    if (row.success) continue;
    const Migration* migration = project.catalog.find(row.version);
    found.push_back({.version = row.version,
                     .name = migration != nullptr ? migration->name : row.description,
                     .evidence = "its history row says that it failed"});
  }
  Journal journal(dialect, history.name());
  journal.locate(session);
  for (const auto& [key, entries] : journal.read_all(session, *project.scheme)) {
    const Migration* migration = project.catalog.find(key.version);
    const auto row = std::ranges::find(rows, key.version, &AppliedMigration::version);
    Unsettled unsettled{.version = key.version,
                        .name = migration != nullptr ? migration->name : "",
                        .direction = key.direction,
                        .recorded = row != rows.end() && row->success};
    for (const auto& [number, entry] : entries) {
      if (entry.done) {
        ++unsettled.statements_done;
        unsettled.last_done = number;
      } else if (!unsettled.statement) {
        unsettled.statement = number;
      }
    }
    Resumption next = foresee(project, session, key, entries);
    unsettled.statement_text = std::move(next.in_doubt);
    unsettled.goes_on = next.goes_on && !unsettled.contradicts();
    unsettled.evidence = evidence_of(unsettled);
    found.push_back(std::move(unsettled));
  }
  return found;
}

void resolve(const Project& project, const RunOptions& options, const std::string& text, Resolution resolution,
             std::optional<std::size_t> statement, Observer& observer) {
  LockedRun run(project, options, observer);
  const Version version = require_version(project, text);
  const auto& rows = run->status().rows;
  const auto row = std::ranges::find(rows, version, &StatusRow::version);
  const bool in_history = row != rows.end() && row->applied.has_value();
  const bool dirty = in_history && !row->applied->success;
  const bool recorded = in_history && !dirty;
  Journal& journal = run->journal();
  const auto up = journal.read(run->session(), {version, Direction::up});
  const auto down = journal.read(run->session(), {version, Direction::down});
  const Dialect dialect = run->history().dialect();
  const TableName& table = run->history().name();
  if (up.empty() && down.empty() && !dirty && resolution != Resolution::applied) {
    throw Failure(ErrorKind::usage, fmt::format("nothing of {} is in doubt", version.text),
                  "dunlin info  shows what is applied");
  }
  std::vector<std::string> sql;
  const auto forget = [&] {
    for (const Direction direction : {Direction::up, Direction::down}) {
      if (journal.exists()) sql.push_back(journal.forget_all_sql({version, direction}));
    }
  };
  switch (resolution) {
    case Resolution::applied:
      if (recorded && up.empty() && down.empty()) {
        throw Failure(ErrorKind::usage, fmt::format("{} is recorded as applied already", version.text));
      }
      if (dirty) append(sql, project.scheme->record_down_sql(dialect, table, version));
      if (!recorded) {
        append(sql, project.scheme->record_up_sql(dialect, table, require_migration(project, version),
                                                  std::chrono::nanoseconds{0}));
      }
      forget();
      break;
    case Resolution::rolled_back:
      // A way down that is taken back leaves the migration applied.
      if (dirty || !up.empty()) append(sql, project.scheme->record_down_sql(dialect, table, version));
      forget();
      break;
    case Resolution::statement_done:
    case Resolution::statement_not_done: {
      const bool contradicts = recorded && !up.empty() && down.empty();
      const JournalKey key{version, recorded && !contradicts ? Direction::down : Direction::up};
      const auto& entries = key.direction == Direction::up ? up : down;
      const auto entry = entries.find(statement.value_or(0));
      // What is recorded as done may be said again: it takes the history row away that hides it.
      const bool said_again = contradicts && resolution == Resolution::statement_done;
      if (entry == entries.end() || (entry->second.done && !said_again)) {
        throw Failure(ErrorKind::usage,
                      fmt::format("statement {} of {} is not in doubt", statement.value_or(0), version.text),
                      "dunlin resolve  without arguments lists what is");
      }
      if (resolution == Resolution::statement_done) {
        sql.push_back(journal.done_sql(key, entry->second));
      } else if (!contradicts) {
        sql.push_back(journal.forget_sql(key, entry->first));
      }
      // A statement in doubt stays so: the next run looks at it itself, and clears away what it left.
      if (contradicts) append(sql, project.scheme->record_down_sql(dialect, table, version));
      break;
    }
  }
  run.write(sql);
}

std::vector<Version> fix_checksums(const Project& project, const RunOptions& options, bool only_whitespace,
                                   Observer& observer) {
  LockedRun run(project, options, observer);
  std::vector<Version> fixed;
  std::vector<std::string> sql;
  for (const StatusRow& row : run->status().rows) {
    if (!row.changed || !row.migration || (only_whitespace && !row.changed_only_in_whitespace)) continue;
    fixed.push_back(row.version);
    append(sql, project.scheme->record_checksum_sql(run->history().dialect(), run->history().name(),
                                                    project.catalog.migrations[*row.migration]));
  }
  run.write(sql);
  return fixed;
}

}  // namespace dunlin
