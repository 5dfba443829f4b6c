#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/database.h"
#include "app/open.h"
#include "base/duration.h"
#include "cli/commands/commands.h"
#include "cli/opening.h"
#include "cli/render/text_doctor.h"
#include "doctor/examine.h"

namespace dunlin::cli {
namespace {

// As the application names its database: APP_DATABASE_URL before DATABASE_URL, which may be the migration user's.
std::optional<DatabaseChoice> choose_application(const Invocation& invocation) {
  if (invocation.settings.at("url").source.kind != SourceKind::flag) {
    for (const SourceKind where : {SourceKind::environment, SourceKind::env_file}) {
      if (auto found = invocation.environment.find_secret("APP_DATABASE_URL", where)) {
        return DatabaseChoice{std::move(found->value), std::move(found->source)};
      }
    }
  }
  return choose_database(invocation.settings, invocation.environment, DatabaseUse::read);
}

class Doctor final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("--older-than", older_than_, "mention transactions that are open for longer (5min idle, 1h at work)")
        ->type_name("DURATION");
  }

  int run(Invocation& invocation) override {
    doctor::Patient patient = admit(invocation);
    if (!older_than_.empty()) {
      patient.older_than = std::chrono::duration_cast<std::chrono::seconds>(parse_duration(older_than_));
    }
    const doctor::Diagnosis diagnosis = doctor::examine(patient, invocation.clock);
    const int code = doctor::exit_code_of(diagnosis.findings);
    Console& console = invocation.console;
    if (invocation.json()) {
      console.out(document(diagnosis_json(diagnosis, code), console.secrets()));
      return code;
    }
    if (diagnosis.server && !invocation.quiet()) {
      console.out(fmt::format("{}{}\n\n", database_title(*diagnosis.server),
                              diagnosis.server->product.empty() ? "" : " · " + diagnosis.server->product));
    }
    console.out(render_diagnosis(diagnosis.findings, invocation.quiet(), console.output_paint()));
    return code;
  }

 private:
  static doctor::Patient admit(const Invocation& invocation) {
    doctor::Patient patient;
    patient.application =
        user_of(invocation, [&] { return choose_application(invocation); }, patient.application_error);
    patient.migration = user_of(
        invocation, [&] { return choose_database(invocation.settings, invocation.environment, DatabaseUse::write); },
        patient.migration_error);
    const bool nobody =
        !patient.application && !patient.migration && !patient.application_error && !patient.migration_error;
    if (nobody) require_database(invocation.settings, invocation.environment, DatabaseUse::read);
    const DatabaseUse use = patient.migration ? DatabaseUse::write : DatabaseUse::read;
    try {
      if (patient.application || patient.migration) patient.project = app::open(project_options(invocation, use));
    } catch (const Failure& failure) {
      patient.project_error = failure.error();
    }
    return patient;
  }

  template <typename Choose>
  static std::optional<doctor::User> user_of(const Invocation& invocation, const Choose& choose,
                                             std::optional<Error>& error) {
    try {
      std::optional<DatabaseChoice> choice = choose();
      if (!choice) return std::nullopt;
      invocation.console.secrets().add_from_url(choice->url);
      SessionOptions session = session_options(invocation);
      session.password_place = choice->password_place;
      return doctor::User{.driver = app::driver_for(choice->url),
                          .url = choice->url,
                          .named_by = to_string(choice->source),
                          .session = std::move(session)};
    } catch (const Failure& failure) {
      error = failure.error();
      return std::nullopt;
    }
  }

  std::string older_than_;
};

}  // namespace

std::unique_ptr<Command> make_doctor() {
  return std::make_unique<Doctor>();
}

}  // namespace dunlin::cli
