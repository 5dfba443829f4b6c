#include "cli/render/log_observer.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/printable.h"
#include "cli/render/blocker_text.h"
#include "cli/render/text_error.h"

namespace dunlin::cli {
namespace {

constexpr std::chrono::seconds kEvery{10};

std::string title(const Step& step) {
  return fmt::format("{} {}", step.migration.version.text, step.migration.name);
}

std::vector<LogField> fields_of(const Step& step) {
  return {{"version", step.migration.version.text}, {"name", step.migration.name}};
}

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::round<std::chrono::milliseconds>(duration).count();
}

std::string list(std::string_view label, const std::vector<Blocker>& blockers) {
  std::string text;
  for (const Blocker& blocker : blockers) text += fmt::format("; {} {}", label, blocker_text(blocker));
  return text;
}

const char* words_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::applied: return "finished";
    case Outcome::nothing: return "nothing to do";
    case Outcome::failed: return "failed";
    case Outcome::interrupted: return "interrupted";
    case Outcome::refused: return "refused";
    case Outcome::error: return "not run to its end";
  }
  return "";
}

LogLevel level_of(Severity severity) {
  switch (severity) {
    case Severity::error: return LogLevel::error;
    case Severity::warning: return LogLevel::warning;
    case Severity::note: return LogLevel::info;
  }
  return LogLevel::info;
}

}  // namespace

bool LogObserver::due(const std::string& what) {
  const auto now = clock_.now();
  const auto [entry, first] = said_.try_emplace(what, now);
  if (!first && now - entry->second < kEvery) return false;
  entry->second = now;
  return true;
}

void LogObserver::connected(const ServerInfo& server) {
  subject_.server = server;
  log_.write(LogLevel::debug, "connected", fmt::format("connected to {}", database_title(server)),
             {{"database", server.database}, {"location", server.location}, {"server", server.product}});
}

void LogObserver::run_started(const Plan& plan) {
  down_ = !plan.steps.empty() && plan.steps.front().direction == Direction::down;
  const std::size_t pending = plan.steps.size() + plan.left_pending;
  log_.write(LogLevel::info, "run_started",
             down_ ? fmt::format("{} · {} to revert", run_title(subject_), plan.steps.size())
                   : fmt::format("{} · {} pending of {}", run_title(subject_), pending, plan.catalog_size),
             {{"database", subject_.server.database},
              {"location", subject_.server.location},
              {"server", subject_.server.product},
              {"directory", subject_.directory},
              {"format", subject_.format},
              {"steps", static_cast<std::int64_t>(plan.steps.size())}});
}

void LogObserver::run_finished(const Report& report) {
  // What went wrong before anything was run is told by the error itself.
  const bool began = report.outcome != Outcome::error && report.outcome != Outcome::refused;
  log_.write(began || !report.applied.empty() ? LogLevel::info : LogLevel::debug, "run_finished",
             fmt::format("{}: {} {}, {} still pending, in {}", words_of(report.outcome), report.applied.size(),
                         down_ ? "reverted" : "applied", report.pending_left, format_duration(report.duration)),
             {{"outcome", std::string(to_string(report.outcome))},
              {"applied", static_cast<std::int64_t>(report.applied.size())},
              {"pending_left", static_cast<std::int64_t>(report.pending_left)},
              {"at_version", report.at_version.text},
              {"duration_ms", milliseconds(report.duration)}});
}

void LogObserver::waiting_for_run_lock(const std::vector<Blocker>& holders, std::chrono::milliseconds waited) {
  if (!due("run lock")) return;
  log_.write(
      LogLevel::info, "waiting_for_run_lock",
      fmt::format("another runner is at work; waiting for {}{}", format_duration(waited), list("held by", holders)),
      {{"waited_ms", waited.count()}, {"holder_pid", holders.empty() ? std::int64_t{0} : holders.front().pid}});
}

void LogObserver::waiting_for_migrations(std::size_t pending, const std::string& owner,
                                         std::chrono::milliseconds waited) {
  if (!due("migrations")) return;
  log_.write(LogLevel::info, "waiting_for_migrations",
             fmt::format("waiting for {} to apply {}{}", owner, counted(pending, "migration"),
                         waited < kEvery ? "" : "; " + format_duration(waited) + " so far"),
             {{"owner", owner}, {"pending", static_cast<std::int64_t>(pending)}, {"waited_ms", waited.count()}});
}

void LogObserver::step_started(const Step& step, std::size_t) {
  log_.write(LogLevel::debug, "step_started", fmt::format("{} started", title(step)), fields_of(step));
}

void LogObserver::step_finished(const Step& step, const AppliedStep& applied) {
  auto fields = fields_of(step);
  fields.push_back({"direction", std::string(to_string(step.direction))});
  fields.push_back({"execution_ms", milliseconds(applied.execution_time)});
  fields.push_back({"by_another", applied.by_another});
  log_.write(LogLevel::info, "step_finished",
             applied.by_another ? fmt::format("{} done by another runner", title(step))
                                : fmt::format("{} done in {}", title(step), format_duration(applied.execution_time)),
             fields);
}

void LogObserver::step_failed(const Step& step, const FailedStep& failed) {
  auto fields = fields_of(step);
  fields.push_back({"kind", std::string(to_string(failed.error.kind))});
  fields.push_back({"sqlstate", failed.error.sqlstate});
  fields.push_back({"place", place(failed.error.where)});
  fields.push_back({"remains", failed.remains});
  fields.push_back({"resumable", failed.resumable});
  const std::string where = place(failed.error.where);
  log_.write(LogLevel::error, "step_failed",
             fmt::format("{} failed: {}{}", title(step), failed.error.message, where.empty() ? "" : " at " + where),
             fields);
}

void LogObserver::step_retrying(const Step& step, int attempt, int attempts, const Error& why,
                                std::chrono::milliseconds pause) {
  auto fields = fields_of(step);
  fields.push_back({"attempt", std::int64_t{attempt}});
  fields.push_back({"attempts", std::int64_t{attempts}});
  fields.push_back({"sqlstate", why.sqlstate});
  log_.write(LogLevel::warning, "step_retrying",
             fmt::format("{} will be tried again in {} (try {} of {}): {}", title(step), format_duration(pause),
                         attempt + 1, attempts, why.message),
             fields);
}

void LogObserver::statement_blocked(const Step& step, const std::string& lock_mode, const std::string& relation,
                                    const std::vector<Blocker>& blockers) {
  if (!due(fmt::format("blocked {} {} {}", step.migration.version.text, lock_mode, relation))) return;
  auto fields = fields_of(step);
  fields.push_back({"lock_mode", lock_mode});
  fields.push_back({"relation", relation});
  fields.push_back({"blocker_pid", blockers.empty() ? std::int64_t{0} : blockers.front().pid});
  log_.write(LogLevel::warning, "statement_blocked",
             fmt::format("{} waits for {}{}{}", title(step), lock_mode, relation.empty() ? "" : " on " + relation,
                         list("blocked by", blockers)),
             fields);
}

void LogObserver::server_progress(const Step& step, const ServerProgress& progress) {
  if (!due("progress " + step.migration.version.text)) return;
  std::string text = fmt::format("{}: {} · {}", title(step), progress.command, progress.phase);
  if (progress.total > 0) {
    text += fmt::format(
        " {} %", static_cast<int>(100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.total)));
  }
  auto fields = fields_of(step);
  fields.push_back({"command", progress.command});
  fields.push_back({"phase", progress.phase});
  fields.push_back({"done", static_cast<std::int64_t>(progress.done)});
  fields.push_back({"total", static_cast<std::int64_t>(progress.total)});
  log_.write(LogLevel::info, "server_progress", text, fields);
}

void LogObserver::notice(const Step* step, const ServerNotice& notice) {
  const LogLevel level = notice.severity == "WARNING" ? LogLevel::warning
                         : notice.severity == "DEBUG" ? LogLevel::debug
                                                      : LogLevel::info;
  auto fields = step != nullptr ? fields_of(*step) : std::vector<LogField>{};
  fields.push_back({"severity", notice.severity});
  log_.write(level, "notice", fmt::format("{}: {}", notice.severity, notice.message), fields);
}

void LogObserver::diagnostic(const Diagnostic& finding) {
  const std::string where = place(finding.where);
  log_.write(level_of(finding.severity), "diagnostic",
             fmt::format("{}{}{}", where, where.empty() ? "" : ": ", finding.message),
             {{"code", finding.code}, {"place", where}});
}

void LogObserver::reconnecting(const Error& why, int attempt) {
  log_.write(LogLevel::warning, "reconnecting",
             attempt == 1
                 ? fmt::format("the connection broke ({}); reconnecting to find out how far the run came", why.message)
                 : fmt::format("reconnecting, try {}: {}", attempt, why.message),
             {{"attempt", std::int64_t{attempt}}});
}

}  // namespace dunlin::cli
