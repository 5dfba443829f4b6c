#include "cli/presented_run.h"

#include <fmt/format.h>

#include "base/exit_code.h"
#include "cli/opening.h"
#include "cli/render/json.h"
#include "cli/render/log_observer.h"
#include "cli/render/progress_bar.h"
#include "cli/render/text_report.h"
#include "server/metrics_file.h"
#include "server/run_metrics.h"

namespace dunlin::cli {
namespace {

Subject subject_before_connecting(const Project& project) {
  return subject_of(project, project.driver->describe(project.url));
}

// Where they cannot be kept the run has still done what it did: that is a warning.
void keep_metrics(const Invocation& invocation, const Project& project, const server::RunMetrics& metrics) {
  const std::string database = project.driver->describe(project.url).database;
  const auto attempt = [&](const std::string& place, const char* code, auto&& keep) {
    if (place.empty()) return;
    try {
      keep();
    } catch (const Failure& failure) {
      invocation.warn({.severity = Severity::warning,
                       .code = code,
                       .message = fmt::format("the metrics of this run are lost: {}", failure.error().message),
                       .hint = failure.error().hint});
    }
  };
  const std::string& file = invocation.settings.text("metrics_file");
  const std::string& gateway = invocation.settings.text("push_metrics");
  attempt(file, "metrics-file", [&] { server::add_to_metrics_file(file, database, metrics); });
  attempt(gateway, "push-metrics", [&] { server::push_metrics(gateway, database, metrics, nullptr); });
}

}  // namespace

void watched(const Invocation& invocation, const Project& project, const std::function<void(Observer&)>& work) {
  const Subject subject = subject_before_connecting(project);
  LogObserver lines(invocation.log, invocation.clock, subject);
  ObserverList observers;
  observers.add(lines);
  const bool terminal = invocation.console.terminals().error && !invocation.log.on_stderr() && !invocation.quiet();
  if (!terminal) return work(observers);
  Console& console = invocation.console;
  ProgressBar bar({.write = [&console](std::string_view text) { console.err(text); },
                   .columns = [&console] { return console.columns(); },
                   .paint = console.error_paint()},
                  invocation.clock, subject);
  observers.add(bar);
  work(observers);
}

Report watched_run(const Invocation& invocation, const Project& project, const RunOptions& options,
                   const RunFunction& run) {
  wait_until_reachable(invocation, project);
  Report report;
  server::RunMeter meter(invocation.clock);
  watched(invocation, project, [&](Observer& observer) {
    ObserverList observers;
    observers.add(observer);
    observers.add(meter);
    report = run(project, options, observers);
  });
  keep_metrics(invocation, project, meter.measured(report));
  invocation.summary.take(report);
  return report;
}

void show_report(const Invocation& invocation, const Project& project, const Report& report, Direction direction) {
  if (invocation.json()) {
    const std::string database = project.driver->describe(project.url).database;
    invocation.console.out(document(report_json(report, database), invocation.console.secrets()));
  }
  const std::string problem = render_problem(report, direction, invocation.console.error_paint());
  const bool json_lines = invocation.log.on_stderr() && invocation.log.format() == LogFormat::json;
  if (problem.empty()) {
    // The log has said it, and nothing but JSON belongs among its lines.
    if (!json_lines) invocation.say(render_summary(report, direction));
    return;
  }
  // The observer has logged a failed migration; an error of the run as a whole it has not.
  const bool logged = report.error && invocation.log.write_error("run_error", report.error->message,
                                                                 {{"kind", std::string(to_string(report.error->kind))},
                                                                  {"hint", report.error->hint}});
  if (!logged && !json_lines) invocation.console.err(problem);
}

int exit_code_of(const Report& report, int signal) {
  switch (report.outcome) {
    case Outcome::applied:
    case Outcome::nothing: return static_cast<int>(ExitCode::done);
    case Outcome::interrupted: return exit_code(ErrorKind::interrupted, signal);
    case Outcome::failed:
      if (!report.failed) break;
      if (report.failed->remains) return static_cast<int>(ExitCode::remains);
      return report.failed->error.kind == ErrorKind::in_doubt ? static_cast<int>(ExitCode::remains)
                                                              : static_cast<int>(ExitCode::migration_failed);
    case Outcome::refused:
    case Outcome::error: break;
  }
  return report.error ? exit_code(report.error->kind, signal) : static_cast<int>(ExitCode::migration_failed);
}

}  // namespace dunlin::cli
