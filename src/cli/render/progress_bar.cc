#include "cli/render/progress_bar.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "cli/render/blocker_text.h"
#include "cli/render/text_error.h"

namespace dunlin::cli {
namespace {

constexpr std::size_t kBarCells = 24;
constexpr std::size_t kUpcoming = 3;
constexpr std::size_t kWidestName = 48;
// A terminal, perhaps at the end of a slow link, is not redrawn more often than this.
constexpr std::chrono::milliseconds kRedraw{80};
// Blockers are told about every second while they are there, so this old means that they are gone.
constexpr std::chrono::milliseconds kBlockersGone{2'500};

std::string indented(std::string_view text) {
  return std::string(6, ' ').append(text);
}

std::string counted_of(const Plan& plan) {
  const std::size_t pending = plan.steps.size() + plan.left_pending;
  if (!plan.steps.empty() && plan.steps.front().direction == Direction::down) {
    return fmt::format("{} to revert", plan.steps.size());
  }
  std::string text = fmt::format("{} pending of {}", pending, plan.catalog_size);
  if (plan.left_pending > 0) text += fmt::format(", {} to apply", plan.steps.size());
  return text;
}

}  // namespace

ProgressBar::ProgressBar(Screen screen, const Clock& clock, Subject subject)
    : screen_(std::move(screen)), clock_(clock), subject_(std::move(subject)), began_(clock.now()) {}

ProgressBar::~ProgressBar() {
  if (!done_ && drawn_ > 0) screen_.write(clearing());
}

void ProgressBar::connected(const ServerInfo& server) {
  subject_.server = server;
}

void ProgressBar::run_started(const Plan& plan) {
  steps_.clear();
  version_width_ = name_width_ = 0;
  for (const Step& step : plan.steps) {
    Line& line = steps_.emplace_back(
        Line{printable(step.migration.version.text), printable(step.migration.name), step.statement_count});
    version_width_ = std::max(version_width_, display_width(line.version));
    name_width_ = std::max(name_width_, std::min(display_width(line.name), kWidestName));
  }
  finished_ = 0;
  furthest_ = 0;
  current_.reset();
  waiting_lines_.clear();
  if (!title_printed_) {
    title_printed_ = true;
    print(fmt::format("{} · {}\n\n", run_title(subject_), counted_of(plan)));
  }
}

void ProgressBar::run_finished(const Report& report) {
  waiting_lines_.clear();
  current_.reset();
  done_ = true;
  std::string text = clearing();
  drawn_ = 0;
  if (title_printed_ && (!report.applied.empty() || report.failed)) text += '\n';
  screen_.write(text);
}

void ProgressBar::waiting_for_run_lock(const std::vector<Blocker>& holders, std::chrono::milliseconds waited) {
  waiting_lines_ = {fmt::format("  another runner is at work; waiting for it · {}", format_clock(waited))};
  for (const Blocker& holder : holders) waiting_lines_.push_back(indented("held by " + blocker_text(holder)));
  redraw();
}

void ProgressBar::waiting_for_migrations(std::size_t pending, const std::string& owner,
                                         std::chrono::milliseconds waited) {
  waiting_lines_ = {fmt::format("  waiting for {} to apply {} · {}", printable(owner), counted(pending, "migration"),
                                format_clock(waited))};
  redraw();
}

void ProgressBar::step_started(const Step&, std::size_t index) {
  // Another try of the same step keeps saying what it waited for, until it gets past that statement.
  if (!current_ || current_->index != index) {
    forget_wait();
    current_.emplace();
  }
  current_->index = index;
  current_->since = clock_.now();
  current_->statements_done = 0;
  current_->pausing = false;
  redraw();
}

void ProgressBar::statement_finished(const Step&, std::size_t) {
  if (!current_) return;
  ++current_->statements_done;
  if (current_->statements_done > current_->blocked_after) forget_wait();
}

void ProgressBar::step_finished(const Step& step, const AppliedStep& applied) {
  const Line line{printable(step.migration.version.text), printable(step.migration.name), 0};
  const std::string word = applied.by_another ? "done by another runner" : "done";
  const std::string took = applied.by_another ? std::string() : format_duration(applied.execution_time);
  std::string status = word;
  if (!took.empty()) status = fmt::format("{:<6}{:>9}", word, took);
  std::string text = aligned(line, status);
  const auto at = text.rfind(word);
  text.replace(at, word.size(), screen_.paint.good(word));
  ++finished_;
  forget_wait();
  if (current_ && current_->index < finished_) current_.reset();
  print(text + '\n');
}

void ProgressBar::step_failed(const Step& step, const FailedStep&) {
  const Line line{printable(step.migration.version.text), printable(step.migration.name), 0};
  std::string text = aligned(line, "");
  waiting_lines_.clear();
  current_.reset();
  print(text + screen_.paint.bad("failed") + '\n');
}

void ProgressBar::step_retrying(const Step&, int attempt, int attempts, const Error&, std::chrono::milliseconds) {
  if (!current_) return;
  current_->attempt = attempt + 1;
  current_->attempts = attempts;
  current_->pausing = true;
  redraw();
}

void ProgressBar::statement_blocked(const Step&, const std::string& lock_mode, const std::string& relation,
                                    const std::vector<Blocker>& blockers) {
  if (!current_) return;
  current_->blocked_on = relation.empty() ? lock_mode : fmt::format("{} on {}", lock_mode, relation);
  current_->blocked_after = current_->statements_done;
  current_->blocked_at = clock_.now();
  current_->pausing = false;
  waiting_lines_.clear();
  for (const Blocker& blocker : blockers) waiting_lines_.push_back(indented("blocked by " + blocker_text(blocker)));
  redraw();
}

void ProgressBar::server_progress(const Step&, const ServerProgress& progress) {
  if (!current_) return;
  if (clock_.now() - current_->blocked_at > kBlockersGone) forget_wait();
  const auto& before = current_->progress;
  if (!before || before->command != progress.command || before->phase != progress.phase) {
    current_->progress_since = before && before->command == progress.command ? clock_.now() : current_->since;
  }
  current_->progress = progress;
  redraw();
}

void ProgressBar::tick() {
  if (clock_.now() - drawn_at_ >= kRedraw) redraw();
}

void ProgressBar::notice(const Step*, const ServerNotice& notice) {
  std::string text = fmt::format("  {}: {}\n", printable(notice.severity), printable(notice.message));
  if (!notice.detail.empty()) text += indented(printable(notice.detail)) + '\n';
  if (!notice.hint.empty()) text += indented(printable(notice.hint)) + '\n';
  print(notice.severity == "WARNING" ? screen_.paint.caution(text) : text);
}

void ProgressBar::diagnostic(const Diagnostic& finding) {
  if (finding.severity != Severity::note) print(render_diagnostic(finding, screen_.paint));
}

void ProgressBar::reconnecting(const Error& why, int attempt) {
  if (attempt <= 1) print(screen_.paint.caution("warning:") + " the connection broke: " + one_line(why.message) + '\n');
  waiting_lines_ = {fmt::format("  reconnecting, to find out how far the run came · try {}", attempt)};
  if (attempt > 1) waiting_lines_.push_back(indented(one_line(why.message)));
  redraw();
}

std::string ProgressBar::aligned(const Line& line, std::string_view status) const {
  return "  " + pad_right(line.version, version_width_ + 2) + pad_right(line.name, name_width_ + 3) +
         std::string(status);
}

std::string ProgressBar::status_of(const LiveMigration& current) const {
  const auto now = clock_.now();
  if (!current.blocked_on.empty()) {
    std::string text = "waiting for " + printable(current.blocked_on);
    if (current.attempts > 0) text += fmt::format(" · try {} of {}", current.attempt, current.attempts);
    return text;
  }
  if (current.pausing) return fmt::format("trying again soon · try {} of {}", current.attempt, current.attempts);
  if (current.progress) {
    const ServerProgress& progress = *current.progress;
    std::string text = printable(progress.command);
    if (!progress.phase.empty()) text += " · " + printable(progress.phase);
    const auto elapsed = now - current.progress_since;
    if (progress.total > 0) {
      const double share = std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total));
      text += fmt::format(" {} %", static_cast<int>(share * 100));
      text += " · " + format_clock(elapsed);
      if (share > 0.01) {
        const auto left = std::chrono::duration<double, std::nano>(elapsed) * ((1 - share) / share);
        text += fmt::format(", about {} left", format_clock(std::chrono::round<std::chrono::seconds>(left)));
      }
      return text;
    }
    return text + " · " + format_clock(elapsed);
  }
  const Line& line = steps_.at(current.index);
  std::string text = "running";
  if (line.statements > 1) {
    text = fmt::format("statement {} of {}", std::min(current.statements_done + 1, line.statements), line.statements);
  }
  if (now - current.since >= std::chrono::seconds(1)) text += " · " + format_clock(now - current.since);
  return text;
}

// Of the migrations, with the part of the present one that is done, as far as that is known. It never goes back: a
// server counts each phase of a statement from its beginning.
double ProgressBar::share_done() const {
  double done = static_cast<double>(finished_);
  if (current_ && current_->index < steps_.size()) {
    const auto statements = static_cast<double>(std::max<std::size_t>(steps_[current_->index].statements, 1));
    double here = static_cast<double>(current_->statements_done);
    if (current_->progress && current_->progress->total > 0)
      here += static_cast<double>(current_->progress->done) / static_cast<double>(current_->progress->total);
    done += std::min(1.0, here / statements);
  }
  return steps_.empty() ? 0 : done / static_cast<double>(steps_.size());
}

std::string ProgressBar::bar() const {
  const auto full = std::min(kBarCells, static_cast<std::size_t>(furthest_ * kBarCells));
  return fmt::format("  [{}{}] {} of {} · {}", std::string(full, '#'), std::string(kBarCells - full, '.'), finished_,
                     steps_.size(), format_clock(clock_.now() - began_));
}

std::vector<std::string> ProgressBar::live_lines() const {
  std::vector<std::string> lines;
  if (current_ && current_->index < steps_.size()) {
    lines.push_back(aligned(steps_[current_->index], status_of(*current_)));
  }
  lines.insert(lines.end(), waiting_lines_.begin(), waiting_lines_.end());
  if (current_) {
    for (std::size_t i = current_->index + 1; i < steps_.size() && i <= current_->index + kUpcoming; ++i) {
      std::string line = aligned(steps_[i], "");
      line.erase(line.find_last_not_of(' ') + 1);
      lines.push_back(std::move(line));
    }
  }
  if (!steps_.empty() && finished_ < steps_.size()) lines.push_back(bar());
  return lines;
}

std::string ProgressBar::clearing() const {
  return drawn_ == 0 ? std::string() : fmt::format("\x1b[{}A\x1b[J", drawn_);
}

void ProgressBar::print(std::string_view text) {
  screen_.write(clearing() + std::string(text));
  drawn_ = 0;
  // The live part comes back with the next redraw; a thousand quick migrations need not draw it a thousand times.
  if (clock_.now() - drawn_at_ >= kRedraw) redraw();
}

void ProgressBar::redraw() {
  if (done_) return;
  const std::size_t columns = std::max<std::size_t>(screen_.columns(), 20);
  furthest_ = std::max(furthest_, share_done());
  const auto lines = live_lines();
  std::string frame = clearing();
  for (const std::string& line : lines) frame += shorten(line, columns - 1) + '\n';
  drawn_ = lines.size();
  drawn_at_ = clock_.now();
  screen_.write(frame);
}

void ProgressBar::forget_wait() {
  waiting_lines_.clear();
  if (current_) current_->blocked_on.clear();
}

}  // namespace dunlin::cli
