#include "doctor/examine.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/exit_code.h"
#include "core/history_table.h"
#include "doctor/checks.h"
#include "doctor/damage.h"

namespace dunlin::doctor {
namespace {

void add_error_to(Findings& findings, Section section, std::string check, const Error& error) {
  Finding finding{.section = section,
                  .level = Level::error,
                  .check = std::move(check),
                  .message = error.message,
                  .fix = {},
                  .kind = error.kind};
  if (!error.where.file.empty())
    finding.message = fmt::format("{}:{}: {}", error.where.file, error.where.line, error.message);
  if (!error.hint.empty()) finding.fix.push_back(error.hint);
  findings.push_back(std::move(finding));
}

class Examiner {
 public:
  Examiner(const Patient& patient, Clock& clock) : patient_(patient), clock_(clock) {}

  Diagnosis examine() {
    report_project();
    if (patient_.application_error) add_error("application-user", *patient_.application_error);
    if (patient_.migration_error) add_error("migration-user", *patient_.migration_error);
    if (patient_.one_user()) {
      visit(*patient_.migration, Duty::both, "user");
    } else {
      if (patient_.migration) visit(*patient_.migration, Duty::migration, "migration-user");
      if (patient_.application) visit(*patient_.application, Duty::application, "application-user");
    }
    std::ranges::stable_sort(diagnosis_.findings, {}, &Finding::section);
    return std::move(diagnosis_);
  }

 private:
  void report_project() {
    if (patient_.project_error) {
      add_error_to(diagnosis_.findings, Section::migrations, "files", *patient_.project_error);
      return;
    }
    if (!patient_.project) return;
    const Catalog& catalog = patient_.project->catalog;
    bool well = true;
    const auto report = [&](const Diagnostic& found) {
      well = well && found.severity != Severity::error;
      diagnosis_.findings.push_back(
          {.section = Section::migrations,
           .level = found.severity == Severity::error     ? Level::error
                    : found.severity == Severity::warning ? Level::warning
                                                          : Level::note,
           .check = "files",
           .message = found.where.file.empty() ? found.message : fmt::format("{}: {}", found.where.file, found.message),
           .fix = found.hint.empty() ? std::vector<std::string>{} : std::vector<std::string>{found.hint},
           .kind = ErrorKind::validation});
    };
    std::ranges::for_each(catalog.diagnostics, report);
    for (const Migration& migration : catalog.migrations) std::ranges::for_each(migration.diagnostics, report);
    if (!well) return;
    diagnosis_.findings.push_back({.section = Section::migrations,
                                   .level = Level::ok,
                                   .check = "files",
                                   .message = fmt::format("{} {} in {} ({})", catalog.migrations.size(),
                                                          catalog.migrations.size() == 1 ? "migration" : "migrations",
                                                          catalog.location, catalog.format),
                                   .fix = {}});
  }

  void visit(const User& user, Duty duty, const std::string& check) {
    std::unique_ptr<Session> session;
    try {
      SessionOptions options = user.session;
      options.read_only = true;
      session = user.driver->open(user.url, options);
    } catch (const Failure& failure) {
      Error error = failure.error();
      if (error.kind == ErrorKind::interrupted) throw;
      if (error.kind == ErrorKind::usage || error.kind == ErrorKind::config)
        error.message = fmt::format("{}: {}", user.named_by, error.message);
      add_error(check, error);
      return;
    }
    const bool first = !diagnosis_.server.has_value();
    if (first) diagnosis_.server = session->server();
    try {
      const bool postgres = user.driver->dialect() == Dialect::postgres;
      Examination examination{patient_, duty, *session, {}, {}, {}, clock_, diagnosis_.findings};
      examination.round_trip = round_trip(*session);
      const ServerInfo& server = session->server();
      const std::string away = postgres ? fmt::format(" · {} away", format_duration(examination.round_trip)) : "";
      examination.add(Section::users, Level::ok, check,
                      fmt::format("{}, by {}{}", postgres ? server.user : server.location, user.named_by, away));
      compare_databases(examination, user, *session, postgres);
      locate(examination);
      if (duty == Duty::both) examination.duty = duty_of_the_only_one(examination);
      look(examination, migration_checks(), first);
      if (postgres) {
        examination.schema = session->query("SELECT pg_catalog.current_schema()").front()[0].value_or("");
        // What the checks' own statements name is looked up nowhere else.
        if (!server.pooled) session->query("SELECT pg_catalog.set_config('search_path', 'pg_catalog', false)");
        look(examination, postgres_application_checks(), first);
        look(examination, postgres_user_checks(), first);
        look(examination, postgres_server_checks(), first);
      } else {
        look(examination, sqlite_checks(), first);
      }
    } catch (const Failure& failure) {
      if (failure.error().kind == ErrorKind::interrupted) throw;
      add_error(check, failure.error());
    }
  }

  // Which database this is, by the server's own words: two ways to one may well have different addresses.
  static std::string identity(Session& session, bool postgres) {
    if (!postgres) return session.server().location;
    std::string text = session
                           .query(
                               "SELECT d.oid::pg_catalog.text || ' ' || d.datname FROM pg_catalog.pg_database d "
                               "WHERE d.datname = pg_catalog.current_database()")
                           .front()[0]
                           .value_or("");
    // Not every provider lets everybody call it.
    const Rows may =
        session.query("SELECT 1 WHERE pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')");
    if (!may.empty()) {
      text += ' ' +
              session.query("SELECT s.system_identifier FROM pg_catalog.pg_control_system() s").front()[0].value_or("");
    }
    return text;
  }

  void compare_databases(const Examination& examination, const User& user, Session& session, bool postgres) {
    const ServerInfo& server = session.server();
    Visited now{.identity = identity(session, postgres),
                .shown = postgres ? fmt::format("\"{}\" at {}", server.database, server.location) : server.location,
                .named_by = user.named_by};
    if (visited_ && visited_->identity != now.identity) {
      examination.add(Section::users, Level::warning, "two-databases",
                      fmt::format("the migration user looks at {}, and the application's user at {}: another database",
                                  visited_->shown, now.shown),
                      {fmt::format("name the same database in {} and {}", visited_->named_by, now.named_by)});
    }
    visited_ = std::move(now);
  }

  std::chrono::nanoseconds round_trip(Session& session) const {
    auto shortest = std::chrono::nanoseconds::max();
    for (int i = 0; i < 3; ++i) {
      const auto began = clock_.now();
      session.query("SELECT 1");
      shortest = std::min(shortest, std::chrono::nanoseconds(clock_.now() - began));
    }
    return shortest;
  }

  // Who is alone and may not migrate is the application.
  static Duty duty_of_the_only_one(const Examination& alone) {
    if (alone.history.name.name.empty()) return Duty::both;
    const auto lacking = alone.session.missing_rights(alone.history.name);
    if (!lacking) return Duty::both;
    alone.add(
        Section::users, Level::note, "migration-user",
        fmt::format("none is named here: \"{}\" {}, and \"{}\" may", alone.user(), lacking->reason, lacking->owner),
        {fmt::format("MIGRATION_DATABASE_URL={} dunlin doctor", lacking->owner_url)});
    return Duty::application;
  }

  void locate(Examination& examination) const {
    if (!patient_.project) return;
    try {
      examination.history = examination.session.locate(patient_.project->table);
    } catch (const Failure& failure) {
      // There is no schema that it could be in.
      if (failure.error().kind != ErrorKind::sql) throw;
    }
  }

  static void look(Examination& examination, std::span<const Check> checks, bool first) {
    for (const Check& check : checks) {
      const bool wanted = check.over == Over::every_user || (check.over == Over::one_of_them && first) ||
                          (check.over == Over::application && examination.runs_application()) ||
                          (check.over == Over::migration && examination.migrates());
      if (!wanted) continue;
      try {
        check.look(examination);
      } catch (const Failure& failure) {
        const Error& error = failure.error();
        // Whatever was looked at, this is about the file.
        if (error.sqlstate == "SQLITE_NOTADB" || error.sqlstate.starts_with("SQLITE_CORRUPT")) {
          add_damage(examination, error.message);
          continue;
        }
        if (error.kind != ErrorKind::sql) throw;
        examination.add(Section::server, Level::note, std::string(check.name),
                        fmt::format("could not be looked at: {}", error.message));
      }
    }
  }

  void add_error(const std::string& check, const Error& error) {
    add_error_to(diagnosis_.findings, Section::users, check, error);
  }

  struct Visited {
    std::string identity;
    std::string shown;
    std::string named_by;
  };

  const Patient& patient_;
  Clock& clock_;
  Diagnosis diagnosis_;
  std::optional<Visited> visited_;
};

}  // namespace

void Examination::add(Section section, Level level, std::string check, std::string message,
                      std::vector<std::string> fix) const {
  findings.push_back({.section = section,
                      .level = level,
                      .check = std::move(check),
                      .message = std::move(message),
                      .fix = std::move(fix)});
}

void Examination::add_error(Section section, std::string check, const Error& error) const {
  add_error_to(findings, section, std::move(check), error);
}

Diagnosis examine(const Patient& patient, Clock& clock) {
  return Examiner(patient, clock).examine();
}

int exit_code_of(const Findings& findings) {
  constexpr std::array kGravest{ExitCode::unreachable, ExitCode::remains, ExitCode::validation, ExitCode::usage,
                                ExitCode::refused};
  for (const ExitCode code : kGravest) {
    for (const Finding& finding : findings) {
      if (finding.level == Level::error && exit_code(finding.kind) == static_cast<int>(code))
        return static_cast<int>(code);
    }
  }
  const bool any = std::ranges::any_of(findings, [](const Finding& found) { return found.level == Level::error; });
  return static_cast<int>(any ? ExitCode::refused : ExitCode::done);
}

const char* to_string(Level level) noexcept {
  switch (level) {
    case Level::ok: return "ok";
    case Level::note: return "note";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "";
}

const char* to_string(Section section) noexcept {
  switch (section) {
    case Section::users: return "users";
    case Section::server: return "server";
    case Section::file: return "file";
    case Section::migrations: return "migrations";
  }
  return "";
}

}  // namespace dunlin::doctor
