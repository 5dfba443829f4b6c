#include "cli/program.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/load_settings.h"
#include "cli/reference.h"
#include "cli/render/json.h"
#include "cli/render/text_error.h"
#include "cli/run_summary.h"
#include "cli/settings_table.h"
#include "dunlin/version.h"

namespace dunlin::cli {
namespace {

bool colours_wanted(const Settings& settings, const Variables& environment) {
  const auto no_color = environment.find("NO_COLOR");
  const auto terminal = environment.find("TERM");
  const bool forbidden = no_color != environment.end() && !no_color->second.empty();
  const bool dumb = terminal != environment.end() && terminal->second == "dumb";
  return !settings.on("no_color") && !forbidden && !dumb;
}

Log::Options log_options(const Settings& settings, const Terminals& terminals) {
  Log::Options options;
  options.format = settings.text("log_format") == "json" ? LogFormat::json : LogFormat::text;
  options.level = log_level(settings.text("log_level"));
  if (settings.on("verbose")) options.level = LogLevel::debug;
  if (settings.on("quiet")) options.level = std::min(options.level, LogLevel::warning);
  // On a terminal the progress is shown instead, unless somebody asks for log lines.
  options.to_stderr = !terminals.error || settings.given("log_format");
  options.file = settings.text("log_file");
  return options;
}

void show_version(const Console& console, bool json, const std::function<void(std::string_view)>& out) {
  if (!json) return out(fmt::format("dunlin {} ({})\n", version(), commit()));
  Json document_of_version;
  document_of_version["version"] = version();
  document_of_version["commit"] = commit();
  out(document(std::move(document_of_version), console.secrets()));
}

// A run of the program, which keeps what a failure's report needs.
class Program {
 public:
  Program(const ProgramInput& input, Console& console, Interrupt& interrupt)
      : input_(input), console_(console), interrupt_(interrupt), json_(asks_for_json(input.words)) {}

  int run() {
    const int code = run_and_report();
    keep_summary(code);
    return code;
  }

 private:
  int run_and_report() {
    try {
      const int code = run_command();
      console_.flush();
      return code;
    } catch (const Failure& failure) {
      report(failure.error());
      return exit_code(failure.error().kind, interrupt_.signal());
    } catch (const std::exception& problem) {
      const Error error{.kind = ErrorKind::internal,
                        .message = fmt::format("a defect in dunlin: {}", problem.what()),
                        .hint = fmt::format("report it with this version: {} ({})", version(), commit())};
      report(error);
      return exit_code(error.kind);
    }
  }

  // Before the command line is understood, or when it cannot be.
  static bool asks_for_json(const std::vector<std::string>& words) {
    return std::ranges::find(words, "--json") != words.end();
  }

  int run_command() {
    line_.parse(input_.words);
    Settings flags;
    line_.offer_flags(flags);
    json_ = flags.on("json");
    if (line_.wants_version()) {
      show_version(console_, json_, [this](std::string_view text) { console_.out(text); });
      return static_cast<int>(ExitCode::done);
    }
    if (line_.wants_help() || line_.row() == nullptr) return show_help();

    choose_summary_file(flags);
    loaded_.emplace(load_settings(std::move(flags), line_.config(), input_.environment));
    const LoadedSettings& loaded = *loaded_;
    choose_summary_file(loaded.settings);
    export_libpq_variables(loaded.environment);
    remember_secrets(loaded);
    console_.use_colour(colours_wanted(loaded.settings, input_.environment));
    log_.emplace(log_options(loaded.settings, console_.terminals()), console_.secrets(), Clock::real());
    invocation_.emplace(Invocation{loaded.settings, loaded.environment, input_.keys, console_, *log_, interrupt_,
                                   Clock::real(), summary_});
    Invocation& invocation = *invocation_;
    if (input_.password_in_arguments) {
      invocation.warn({.severity = Severity::warning,
                       .code = "password-in-arguments",
                       .message = "a password on the command line can be seen by others and ends up in shell histories",
                       .hint = "name the database by DATABASE_URL, DATABASE_URL_FILE or a pgpass file"});
    }
    for (const Diagnostic& warning : loaded.warnings) invocation.warn(warning);
    return line_.command()->run(invocation);
  }

  int show_help() {
    const std::string text = line_.row() == nullptr ? help_text(line_) : help_text(line_, *line_.row());
    if (json_) {
      Json json;
      json["help"] = text;
      console_.out(document(std::move(json), console_.secrets()));
    } else {
      console_.out(text);
    }
    return static_cast<int>(ExitCode::done);
  }

  // Settings that cannot be read are the end of a run, too: then a flag or a variable may have named it all the same.
  void choose_summary_file(const Settings& settings) {
    if (line_.row()->failure != FailureDocument::run) return;
    const auto variable = input_.environment.find(environment_name(*find_setting_row("summary_file")));
    summary_file_ = settings.text("summary_file");
    if (!loaded_ && summary_file_.empty() && variable != input_.environment.end()) summary_file_ = variable->second;
  }

  // Where it cannot be written the run has still done what it did: that is a warning.
  void keep_summary(int code) {
    if (summary_file_.empty()) return;
    try {
      write_summary(summary_file_, summary_document(summary_, code, console_.secrets()));
    } catch (const Failure& failure) {
      const Diagnostic lost{.severity = Severity::warning,
                            .code = "summary-file",
                            .message = fmt::format("the summary of this run is lost: {}", failure.error().message)};
      if (invocation_) return invocation_->warn(lost);
      console_.err(render_diagnostic(lost, console_.error_paint()));
    }
  }

  // Whichever database is chosen in the end, none of these may be shown.
  void remember_secrets(const LoadedSettings& loaded) {
    for (const char* name : {"PGPASSWORD", "DB__PASSWORD"}) {
      if (const auto found = loaded.environment.find(name)) console_.secrets().add(found->value);
    }
    for (const char* key : {"url", "direct_url", "push_metrics"})
      console_.secrets().add_from_url(loaded.settings.text(key));
    for (const char* name : {"DATABASE_URL", "MIGRATION_DATABASE_URL", "APP_DATABASE_URL"}) {
      if (const auto found = loaded.environment.find(name)) console_.secrets().add_from_url(found->value);
    }
  }

  void report(const Error& error) {
    summary_.error = error_paragraph(error);
    if (json_) {
      const bool run = line_.row() != nullptr && line_.row()->failure == FailureDocument::run;
      Json json;
      if (run) {
        json = failed_run_json(error, "");
      } else {
        json["error"] = error_json(error);
      }
      console_.out(document(std::move(json), console_.secrets()));
      std::fflush(stdout);
    }
    if (log_ &&
        log_->write_error(
            "error", error.message,
            {{"kind", std::string(to_string(error.kind))}, {"hint", error.hint}, {"place", place(error.where)}})) {
      return;
    }
    const Paint& paint = console_.error_paint();
    console_.err(render_error(error, paint) + render_next(error.hint, paint));
  }

  const ProgramInput& input_;
  Console& console_;
  Interrupt& interrupt_;
  bool json_;
  CommandLine line_;
  std::optional<LoadedSettings> loaded_;
  std::optional<Log> log_;
  RunSummary summary_;
  std::string summary_file_;
  std::optional<Invocation> invocation_;
};

}  // namespace

int run_program(const ProgramInput& input, Console& console, Interrupt& interrupt) {
  return Program(input, console, interrupt).run();
}

}  // namespace dunlin::cli
