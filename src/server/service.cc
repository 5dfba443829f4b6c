#include "server/service.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/exposition.h"
#include "dunlin/version.h"
#include "server/metrics_file.h"
#include "server/run_metrics.h"
#include "server/status_metrics.h"
#include "server/token.h"

namespace dunlin::server {
namespace {

using Json = nlohmann::ordered_json;
using net::HttpResponse;

// A kubelet gives up after a second unless it is told otherwise, and a database that hangs is no reason to keep it
// waiting.
constexpr std::chrono::milliseconds kProbePatience{500};

constexpr std::string_view kContents =
    "dunlin serve\n\n"
    "/health                   this process\n"
    "/ready                    whether this version's migrations are applied\n"
    "/api/v1/health/check_up   the database, its schema, its copies, the services it needs\n"
    "/api/v1/migrations        the migrations, as dunlin info --json prints them\n"
    "/metrics                  for Prometheus\n";

HttpResponse json_response(unsigned status, const Json& json) {
  return {.status = status, .content_type = "application/json", .body = json.dump() + '\n'};
}

double milliseconds(std::chrono::nanoseconds duration) {
  return std::round(std::chrono::duration<double, std::milli>(duration).count() * 10) / 10;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json replication_json(const Replication& replication) {
  Json json{{"status", to_string(replication_health(replication))},
            {"role", replication.standby ? "standby" : "primary"},
            {"standbys", replication.standbys}};
  json["lag_ms"] = replication.lag ? Json(replication.lag->count()) : Json(nullptr);
  return json;
}

Json database_json(const DatabaseLook& look, const std::string& problem) {
  Json json{{"status", to_string(database_health(look))}};
  json["latency_ms"] = look.latency ? Json(milliseconds(*look.latency)) : Json(nullptr);
  if (!look.latency) json["error"] = problem;
  return json;
}

Json schema_json(const DatabaseLook& look, const Catalog& catalog, const std::string& problem) {
  Json json{{"status", to_string(schema_health(look))}};
  if (look.snapshot) {
    const Status& status = look.snapshot->status;
    json["current"] = text_or_null(status.at_version().text);
    json["newest_file"] = text_or_null(newest_file(catalog));
    json["pending"] = status.count(MigrationState::pending);
    json["ahead"] = status.count(MigrationState::ahead);
    json["failed"] = status.count(MigrationState::failed);
  } else if (look.latency) {
    json["error"] = problem;
  }
  return json;
}

Json check_json(const CheckAnswer& answer, const std::string& problem) {
  Json json{{"status", to_string(answer.problem ? Health::down : Health::ok)},
            {"latency_ms", milliseconds(answer.latency)}};
  if (answer.problem) json["error"] = problem;
  return json;
}

// Leaves of each check its status.
void keep_status_words(Json& checks) {
  for (Json& check : checks) check = Json{{"status", check["status"]}};
}

DatabaseLook late_look(std::chrono::milliseconds patience) {
  return {.problem = Error{.kind = ErrorKind::timeout,
                           .message = fmt::format("the database did not answer within {}", format_duration(patience))}};
}

std::vector<CheckAnswer> late_checks(std::size_t count, std::chrono::milliseconds patience) {
  return std::vector<CheckAnswer>(
      count,
      CheckAnswer{.problem = fmt::format("no answer within {}", format_duration(patience)), .latency = patience});
}

}  // namespace

Service::Service(net::EventLoop& loop, const Project& project, Clock& clock, const Interrupt& interrupt,
                 ServiceOptions options)
    : project_(project),
      options_(std::move(options)),
      database_name_(project.driver->describe(project.url).database),
      watch_(project),
      look_(
          loop, clock, options_.freshness,
          [this, &interrupt] {
            DatabaseLook look = watch_.look();
            if (look.problem && interrupt.requested())
              look.problem->message = "no answer before dunlin serve was stopped";
            return look;
          },
          [this] { return late_look(options_.freshness.patience); }),
      check_answers_(
          loop, clock, options_.freshness,
          [this, &interrupt] { return run_checks(options_.checks, options_.freshness.patience, &interrupt); },
          [this] { return late_checks(options_.checks.size(), options_.freshness.patience); }) {}

void Service::handle(const net::HttpRequest& request, const net::Respond& respond) {
  const bool all = may_read_all(request);
  if (request.path == "/") return respond({.content_type = "text/plain", .body = std::string(kContents)});
  if (request.path == "/health") return respond(health(all));
  if (request.path == "/ready") {
    return look_.ask_soon(kProbePatience, [this, respond, all](const auto& look) { respond(ready(look.get(), all)); });
  }
  if (request.path == "/api/v1/health/check_up") {
    return with_checkup([this, respond, all](const Checkup& checkup) { respond(check_up(checkup, all)); });
  }
  if (request.path == "/metrics") {
    return with_checkup([this, respond, all](const Checkup& checkup) { respond(metrics(checkup, all)); });
  }
  if (request.path == "/api/v1/migrations") {
    if (!all) {
      const bool token = !options_.token_file.empty();
      return respond(json_response(
          token ? 401 : 403,
          {{"error", token ? "a token is needed: Authorization: Bearer TOKEN"
                           : "not shown to other machines without a token: start dunlin serve with --token-file"}}));
    }
    return look_.ask([this, respond](const auto& look) { respond(migrations(*look)); });
  }
  respond(json_response(404, {{"error", "there is nothing here; / lists what there is"}}));
}

void Service::with_checkup(const std::function<void(const Checkup&)>& use) {
  const auto checkup = std::make_shared<Checkup>();
  const auto complete = [this, use, checkup] {
    if (!checkup->database || !checkup->checks) return;
    notice(*checkup);
    use(*checkup);
  };
  look_.ask([checkup, complete](const auto& look) {
    checkup->database = look;
    complete();
  });
  check_answers_.ask([checkup, complete](const auto& answers) {
    checkup->checks = answers;
    complete();
  });
}

void Service::notice(const Checkup& checkup) {
  const Health health = overall_health(*checkup.database, *checkup.checks);
  if (health == last_health_) return;
  last_health_ = health;
  std::string why;
  if (checkup.database->problem) {
    why = checkup.database->problem->message;
  } else if (const Readiness state = readiness(*checkup.database, true); !state.ready) {
    why = state.why;
  }
  for (std::size_t i = 0; i < checkup.checks->size(); ++i) {
    const CheckAnswer& answer = (*checkup.checks)[i];
    if (answer.problem)
      why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", options_.checks[i].name, *answer.problem);
  }
  options_.changed(health, options_.mask(why));
}

bool Service::may_read_all(const net::HttpRequest& request) const {
  if (options_.token_file.empty()) return options_.open;
  return is_bearer(request.authorization, options_.token_file);
}

HttpResponse Service::health(bool all) const {
  Json json{{"status", "ok"}};
  if (all) json["version"] = version();
  return json_response(200, json);
}

HttpResponse Service::ready(const DatabaseLook* look, bool all) {
  const Readiness now =
      look == nullptr ? Readiness{.why = "the database has not answered yet"} : readiness(*look, options_.ready_strict);
  // What was applied stays applied while the database is away, or somebody has locked the history: taking every copy of
  // the application out at once would not help.
  const bool away = (look == nullptr || !look->snapshot) && was_ready_ && !options_.ready_strict;
  if (!away) was_ready_ = now.ready;
  const bool is_ready = now.ready || away;
  Json json{{"status", is_ready ? "ready" : "not ready"}};
  if (all && !now.why.empty()) json["why"] = options_.mask(now.why);
  return json_response(is_ready ? 200 : 503, json);
}

HttpResponse Service::check_up(const Checkup& checkup, bool all) const {
  const DatabaseLook& look = *checkup.database;
  const std::string problem = look.problem ? options_.mask(look.problem->message) : std::string{};
  Json checks;
  checks["database"] = database_json(look, problem);
  checks["schema"] = schema_json(look, project_.catalog, problem);
  if (look.replication) checks["replication"] = replication_json(*look.replication);
  for (std::size_t i = 0; i < options_.checks.size(); ++i) {
    const CheckAnswer& answer = (*checkup.checks)[i];
    checks[options_.checks[i].name] = check_json(answer, options_.mask(answer.problem.value_or("")));
  }
  if (!all) keep_status_words(checks);
  const Health overall = overall_health(look, *checkup.checks);
  Json json{{"status", to_string(overall)}, {"checks", std::move(checks)}};
  if (all) json["version"] = version();
  return json_response(overall == Health::down ? 503 : 200, json);
}

HttpResponse Service::migrations(const DatabaseLook& look) const {
  if (look.snapshot) {
    return {.content_type = "application/json", .body = options_.migrations_document(*look.snapshot)};
  }
  const std::string message = look.problem ? look.problem->message : "the history could not be read";
  return json_response(503, {{"error", options_.mask(message)}});
}

HttpResponse Service::metrics(const Checkup& checkup, bool all) const {
  Exposition exposition;
  if (all) write_build_info(exposition);
  write_status_metrics(exposition, database_name_, *checkup.database);
  write_check_metrics(exposition, options_.checks, *checkup.checks);
  write_run_metrics(exposition, run_metrics());
  return {.content_type = std::string(kExpositionType), .body = exposition.text()};
}

// A file that cannot be read hides nothing else.
RunMetricsByDatabase Service::run_metrics() const {
  if (options_.metrics_file.empty()) return {};
  try {
    return load_metrics(options_.metrics_file);
  } catch (const Failure& failure) {
    options_.warn(options_.mask(failure.error().message));
    return {};
  }
}

}  // namespace dunlin::server
