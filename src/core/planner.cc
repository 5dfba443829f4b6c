#include "core/planner.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/status.h"
#include "core/step_builder.h"

namespace dunlin {
namespace {

Error refusal(ErrorKind kind, const Diagnostic& why) {
  Error error;
  error.kind = kind;
  error.message = why.message;
  error.hint = why.hint;
  error.where = why.where;
  error.line_text = why.line_text;
  return error;
}

// Remains (7) is worse than files against history (5): the report shows the worse one, and all of them as diagnostics.
void refuse(Plan& plan, ErrorKind kind, const Diagnostic& why) {
  plan.diagnostics.push_back(why);
  if (!plan.refusal || (kind == ErrorKind::remains && plan.refusal->kind != ErrorKind::remains)) {
    plan.refusal = refusal(kind, why);
  }
}

ErrorKind kind_of(const Diagnostic& diagnostic) {
  return diagnostic.code == "failed" ? ErrorKind::remains : ErrorKind::validation;
}

// What is wrong between files and history whatever the plan is for.
void check_history(Plan& plan, const Catalog& catalog, const Status& status, const RunOptions& options) {
  for (Diagnostic& found : validate(catalog, status)) {
    // A diagnostic of one migration stops only plans that would run it: build_step brings those.
    const bool of_history = found.code == "changed" || found.code == "missing" || found.code == "failed";
    const bool of_directory =
        std::ranges::any_of(catalog.diagnostics, [&](const Diagnostic& d) { return d.code == found.code; });
    if (found.severity != Severity::error) {
      // The directory's own findings were known before any history was read: they are not the plan's.
      if (found.code == "ahead" || found.code == "line-endings-changed") {
        plan.diagnostics.push_back(std::move(found));
      }
    } else if (found.code == "missing" && options.ignore_missing) {
      found.severity = Severity::warning;
      plan.diagnostics.push_back(std::move(found));
    } else if (of_history || of_directory) {
      refuse(plan, of_history ? kind_of(found) : ErrorKind::source, found);
    }
  }
}

void add_step(Plan& plan, const Catalog& catalog, const Migration& migration, Direction direction, Dialect dialect,
              bool out_of_order) {
  BuiltStep built = build_step(migration, direction, dialect, plan.scope, catalog.no_transaction_mark);
  built.step.out_of_order = out_of_order;
  for (const Diagnostic& diagnostic : built.diagnostics) {
    if (diagnostic.severity == Severity::error) {
      refuse(plan, ErrorKind::source, diagnostic);
    } else {
      plan.diagnostics.push_back(diagnostic);
    }
  }
  if (plan.scope == TransactionScope::all && built.step.execution != Execution::transaction) {
    Diagnostic why;
    why.code = "not-transactional";
    why.message = fmt::format("{} cannot be part of one transaction for everything: {}", migration.version.text,
                              built.step.reason);
    why.hint =
        "run it by itself first (dunlin migrate --to " + migration.version.text + "), or leave out --transaction all";
    why.where.file = built.step.script().shown_as();
    refuse(plan, ErrorKind::safety, why);
  }
  plan.steps.push_back(std::move(built.step));
}

Version require_version(const HistoryScheme& scheme, const std::string& text, const char* flag) {
  std::optional<Version> version = scheme.parse_version(text);
  if (!version) {
    throw Failure(ErrorKind::usage, fmt::format("{} {}: not a version of this history", flag, text),
                  "dunlin info  lists the versions there are");
  }
  return *version;
}

bool is_known(const Status& status, const Version& version) {
  return std::ranges::find(status.rows, version, &StatusRow::version) != status.rows.end();
}

}  // namespace

Plan plan_up(const Catalog& catalog, const HistoryScheme& scheme, const Status& status, Dialect dialect,
             const RunOptions& options) {
  Plan plan;
  plan.scope = options.transaction;
  plan.catalog_size = catalog.migrations.size();
  std::optional<Version> to;
  if (!options.to.empty()) {
    to = require_version(scheme, options.to, "--to");
    if (!is_known(status, *to)) {
      throw Failure(ErrorKind::usage,
                    fmt::format("--to {}: there is no such migration in {}", options.to, catalog.location),
                    "dunlin info  lists the versions there are");
    }
    if (*to < status.at_version()) {
      throw Failure(
          ErrorKind::usage,
          fmt::format("--to {} is older than the schema, which is at {}", options.to, status.at_version().text),
          fmt::format("to undo what is newer: dunlin down --to {}", options.to));
    }
  }
  check_history(plan, catalog, status, options);

  const bool out_of_order_allowed = options.allow_out_of_order.value_or(catalog.out_of_order_allowed);
  for (const StatusRow& row : status.rows) {
    if (row.state != MigrationState::pending || !row.migration) continue;
    const bool wanted = (!to || row.version <= *to) && (options.steps == 0 || plan.steps.size() < options.steps);
    if (!wanted) {
      ++plan.left_pending;
      continue;
    }
    const Migration& migration = catalog.migrations[*row.migration];
    if (row.out_of_order) {
      Diagnostic diagnostic;
      diagnostic.code = "out-of-order";
      diagnostic.message =
          fmt::format("{} is pending and older than {}, which is applied", row.version.text, status.at_version().text);
      diagnostic.where.file = migration.up.shown_as();
      if (out_of_order_allowed) {
        diagnostic.severity = Severity::warning;
        plan.diagnostics.push_back(std::move(diagnostic));
      } else {
        diagnostic.hint = "if it may run now: dunlin migrate --allow-out-of-order";
        refuse(plan, ErrorKind::validation, diagnostic);
      }
    }
    add_step(plan, catalog, migration, Direction::up, dialect, row.out_of_order);
  }
  return plan;
}

Plan plan_down(const Catalog& catalog, const HistoryScheme& scheme, const Status& status, Dialect dialect,
               const RunOptions& options) {
  Plan plan;
  plan.scope = options.transaction;
  plan.catalog_size = catalog.migrations.size();
  std::optional<Version> keep;
  if (!options.to.empty()) {
    keep = require_version(scheme, options.to, "--to");
    if (options.to != "0" && !is_known(status, *keep)) {
      throw Failure(ErrorKind::usage,
                    fmt::format("--to {}: there is no such migration in {}", options.to, catalog.location),
                    "dunlin info  lists the versions there are; --to 0 undoes everything");
    }
  }
  const bool everything = options.all || keep.has_value();
  const std::size_t limit = options.steps > 0 ? options.steps : 1;
  std::size_t considered = 0;
  for (auto row = status.rows.rbegin(); row != status.rows.rend(); ++row) {
    if (!row->applied) continue;
    if (row->state == MigrationState::failed) {
      Diagnostic why;
      why.code = "failed";
      why.message = fmt::format("{} is recorded as failed", row->version.text);
      why.hint =
          fmt::format("look at what it left, then: dunlin resolve {} --applied | --rolled-back", row->version.text);
      refuse(plan, ErrorKind::remains, why);
    }
    if ((keep && row->version <= *keep) || (!everything && considered >= limit)) continue;
    ++considered;
    if (!row->migration || !catalog.migrations[*row->migration].reversible()) {
      Diagnostic why;
      why.code = "irreversible";
      why.message = row->migration
                        ? fmt::format("{} has no down file", row->version.text)
                        : fmt::format("{} is applied, and there is no file that could undo it", row->version.text);
      why.hint = "write a new migration that takes the change back: dunlin new undo_" +
                 (row->migration ? catalog.migrations[*row->migration].name : row->version.text);
      if (row->migration) why.where.file = catalog.migrations[*row->migration].up.shown_as();
      refuse(plan, ErrorKind::safety, why);
      continue;
    }
    add_step(plan, catalog, catalog.migrations[*row->migration], Direction::down, dialect, false);
  }
  return plan;
}

}  // namespace dunlin
