#include "cli/render/text_report.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/printable.h"
#include "cli/render/text_error.h"

namespace dunlin::cli {
namespace {

const char* verb(Direction direction) {
  return direction == Direction::up ? "applied" : "reverted";
}

std::string where_the_schema_is(const Report& report) {
  if (report.at_version.empty()) return "No migration is applied.";
  return fmt::format("The schema is at {}.", printable(report.at_version.text));
}

std::size_t by_another(const Report& report) {
  std::size_t count = 0;
  for (const AppliedStep& step : report.applied) count += step.by_another ? 1 : 0;
  return count;
}

// "2 of 3 were applied."
std::string how_far(const Report& report, Direction direction) {
  if (report.planned == 0) return {};
  return fmt::format("{} of {} {} {}.", report.applied.size(), report.planned,
                     report.applied.size() == 1 ? "was" : "were", verb(direction));
}

std::string what_remains(const FailedStep& failed) {
  const std::string version = printable(failed.version.text);
  if (!failed.remains) return fmt::format("Nothing of {} remains: its transaction was rolled back.", version);
  if (failed.resumable) {
    return fmt::format("Part of {} remains. It is written down which part, and the next run goes on from there.",
                       version);
  }
  return fmt::format("Part of {} remains, or may: it has to be settled before the next run.", version);
}

}  // namespace

std::string render_summary(const Report& report, Direction direction) {
  std::string text;
  if (report.outcome == Outcome::nothing) {
    text = direction == Direction::up ? "Nothing to apply." : "Nothing to revert.";
    if (report.awaited > 0) {
      text = fmt::format("Nothing to apply: the migration user has applied {} within {}.",
                         counted(report.awaited, "migration"), format_duration(report.duration));
    }
  } else {
    text = fmt::format("{} {} in {}.", direction == Direction::up ? "Applied" : "Reverted",
                       counted(report.applied.size(), "migration"), format_duration(report.duration));
  }
  text += ' ' + where_the_schema_is(report);
  if (const std::size_t others = by_another(report); others > 0) {
    text += fmt::format(" {} of them {} applied by another runner meanwhile.", others, others == 1 ? "was" : "were");
  }
  if (direction == Direction::up && report.pending_left > 0)
    text += fmt::format(" Still pending: {}.", report.pending_left);
  return text + '\n';
}

std::string next_after(const Report& report, Direction direction) {
  if (report.failed) {
    const FailedStep& failed = *report.failed;
    if (!failed.error.hint.empty()) return failed.error.hint;
    if (failed.remains && !failed.resumable) return fmt::format("dunlin resolve {}", failed.version.text);
    return direction == Direction::up ? "correct the file, then  dunlin migrate"
                                      : "correct the down file, then  dunlin down";
  }
  if (!report.error) return {};
  if (!report.error->hint.empty()) return report.error->hint;
  if (report.outcome == Outcome::interrupted) return direction == Direction::up ? "dunlin migrate" : "dunlin info";
  return {};
}

std::string render_problem(const Report& report, Direction direction, const Paint& paint) {
  std::string text;
  if (report.failed) {
    text = render_error(report.failed->error, paint) + what_remains(*report.failed);
    if (const std::string progress = how_far(report, direction); !progress.empty()) text += ' ' + progress;
    text += '\n';
  } else if (report.error) {
    text = render_error(*report.error, paint);
    for (const Diagnostic& finding : report.diagnostics) {
      if (finding.severity == Severity::error && finding.message != report.error->message)
        text += render_diagnostic(finding, paint);
    }
    const bool began = !report.applied.empty() || report.outcome == Outcome::interrupted;
    if (const std::string progress = how_far(report, direction); began && !progress.empty()) {
      text += progress + ' ' + where_the_schema_is(report) + '\n';
    }
  } else {
    return {};
  }
  return text + render_next(next_after(report, direction), paint);
}

}  // namespace dunlin::cli
