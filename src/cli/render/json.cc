#include "cli/render/json.h"

#include <chrono>

#include <fmt/format.h>

#include "base/wall_time.h"

namespace dunlin::cli {
namespace {

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::round<std::chrono::milliseconds>(duration).count();
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
Json number_or_null(int number) {
  return number > 0 ? Json(number) : Json(nullptr);
}

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

Json applied_json(const AppliedStep& step) {
  Json json{{"version", step.version.text}, {"name", step.name}, {"execution_ms", milliseconds(step.execution_time)}};
  if (step.by_another) json["by_another"] = true;
  return json;
}

Json row_json(const Catalog& catalog, const StatusRow& row) {
  const Migration* migration = row.migration ? &catalog.migrations.at(*row.migration) : nullptr;
  Json flags = Json::array();
  if (row.changed) flags.push_back("changed");
  if (row.changed_only_in_whitespace) flags.push_back("whitespace-only");
  if (row.out_of_order) flags.push_back("out-of-order");
  if (row.half_done) flags.push_back("half-done");
  const AppliedMigration* applied = row.applied ? &*row.applied : nullptr;
  Json json{{"version", row.kind == MigrationKind::repeatable ? Json(nullptr) : Json(row.version.text)},
            {"name", migration != nullptr ? Json(migration->name) : Json(nullptr)}};
  json["description"] = applied != nullptr     ? Json(applied->description)
                        : migration != nullptr ? Json(migration->description)
                                               : Json(nullptr);
  json["kind"] = to_string(row.kind);
  json["state"] = to_string(row.state);
  json["flags"] = std::move(flags);
  if (row.half_done) {
    const HalfDone& half = *row.half_done;
    json["half_done"] = {{"direction", to_string(half.direction)},
                         {"statements_done", half.statements},
                         {"in_doubt", half.in_doubt ? Json(*half.in_doubt) : Json(nullptr)},
                         {"goes_on", !row.needs_settling()},
                         {"contradicts_history", row.contradicts()}};
  }
  json["applied_at"] =
      applied != nullptr && applied->applied_at ? Json(format_rfc3339(*applied->applied_at)) : Json(nullptr);
  json["execution_ms"] =
      applied != nullptr && applied->execution_time ? Json(milliseconds(*applied->execution_time)) : Json(nullptr);
  json["checksum"] = text_or_null(hexadecimal(applied != nullptr && !applied->checksum.empty() ? applied->checksum
                                              : migration != nullptr                           ? migration->checksum
                                                                                               : std::string()));
  json["reversible"] = migration != nullptr && migration->reversible();
  json["file"] = text_or_null(migration != nullptr ? migration->up.shown_as() : std::string());
  return json;
}

void mask_strings(Json& json, const SecretSet& secrets) {
  if (json.is_string()) {
    json = secrets.mask(json.get_ref<const std::string&>());
  } else if (json.is_structured()) {
    for (Json& child : json) mask_strings(child, secrets);
  }
}

}  // namespace

Json error_json(const Error& error) {
  return {{"kind", to_string(error.kind)},
          {"message", error.message},
          {"sqlstate", text_or_null(error.sqlstate)},
          {"file", text_or_null(error.where.file)},
          {"line", number_or_null(error.where.line)},
          {"column", number_or_null(error.where.column)},
          {"hint", text_or_null(error.hint)}};
}

Json diagnostic_json(const Diagnostic& finding) {
  return {{"severity", to_string(finding.severity)},
          {"code", finding.code},
          {"message", finding.message},
          {"file", text_or_null(finding.where.file)},
          {"line", number_or_null(finding.where.line)},
          {"column", number_or_null(finding.where.column)},
          {"hint", text_or_null(finding.hint)}};
}

Json report_json(const Report& report, std::string_view database) {
  Json json;
  json["outcome"] = to_string(report.outcome);
  json["applied"] = Json::array();
  for (const AppliedStep& step : report.applied) json["applied"].push_back(applied_json(step));
  json["failed"] = nullptr;
  if (report.failed) {
    json["failed"] = {{"version", report.failed->version.text},
                      {"name", report.failed->name},
                      {"error", error_json(report.failed->error)},
                      {"remains", report.failed->remains},
                      {"resumable", report.failed->resumable}};
  }
  json["pending_left"] = report.pending_left;
  json["duration_ms"] = milliseconds(report.duration);
  json["database"] = text_or_null(database);
  json["at_version"] = text_or_null(report.at_version.text);
  if (report.error) json["error"] = error_json(*report.error);
  if (!report.diagnostics.empty()) {
    json["diagnostics"] = Json::array();
    for (const Diagnostic& finding : report.diagnostics) json["diagnostics"].push_back(diagnostic_json(finding));
  }
  return json;
}

Json failed_run_json(const Error& error, std::string_view database) {
  Report report;
  report.outcome = Outcome::error;
  report.error = error;
  Json json = report_json(report, database);
  // Nobody has looked.
  json["pending_left"] = nullptr;
  return json;
}

Json status_json(const Subject& subject, const StatusContext& context, const Catalog& catalog, const Status& status) {
  Json json{{"database", text_or_null(subject.server.database)},
            {"location", text_or_null(subject.server.location)},
            {"driver", context.driver},
            {"format", subject.format},
            {"history", context.history},
            {"history_table", context.history_table},
            {"migrations", Json::array()}};
  for (const StatusRow& row : status.rows) json["migrations"].push_back(row_json(catalog, row));
  Json summary;
  for (const MigrationState state : {MigrationState::applied, MigrationState::pending, MigrationState::missing,
                                     MigrationState::ahead, MigrationState::failed, MigrationState::held}) {
    summary[to_string(state)] = status.count(state);
  }
  summary["changed"] = status.changed();
  summary["out_of_order"] = status.out_of_order();
  json["summary"] = std::move(summary);
  json["at_version"] = text_or_null(status.at_version().text);
  return json;
}

Json plan_json(const Plan& plan, const Subject& subject, const std::vector<RoleGrant>& grants, Dialect dialect) {
  Json json{{"database", text_or_null(subject.server.database)},
            {"transaction", to_string(plan.scope)},
            {"pending_left", plan.left_pending},
            {"grants", Json::array()},
            {"steps", Json::array()}};
  for (const RoleGrant& grant : grants) {
    json["grants"].push_back({{"role", grant.role}, {"access", to_string(grant.access)}});
  }
  for (const Step& step : plan.steps) {
    Json one{{"version", step.migration.version.text},
             {"name", step.migration.name},
             {"direction", to_string(step.direction)},
             {"execution", to_string(step.execution)},
             {"reason", text_or_null(step.reason)},
             {"out_of_order", step.out_of_order},
             {"file", text_or_null(step.script().shown_as())},
             {"statements", Json::array()}};
    for_each_statement(step, dialect, [&](const PlannedStatement& statement) {
      one["statements"].push_back({{"sql", statement.text},
                                   {"command", statement.command},
                                   {"line", number_or_null(statement.where.line)},
                                   {"column", number_or_null(statement.where.column)},
                                   {"in_transaction", statement.in_transaction},
                                   {"journalled", statement.journalled},
                                   {"dropped", statement.dropped}});
    });
    json["steps"].push_back(std::move(one));
  }
  json["diagnostics"] = Json::array();
  for (const Diagnostic& finding : plan.diagnostics) json["diagnostics"].push_back(diagnostic_json(finding));
  json["refusal"] = plan.refusal ? error_json(*plan.refusal) : Json(nullptr);
  return json;
}

std::string document(Json json, const SecretSet& secrets) {
  mask_strings(json, secrets);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace dunlin::cli
