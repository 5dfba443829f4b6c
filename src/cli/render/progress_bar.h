// A run on a terminal: finished migrations scroll by, below them live what runs now, who blocks it, and a bar.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/render/paint.h"
#include "cli/render/subject.h"
#include "dunlin/observer.h"

namespace dunlin::cli {

// The migration that runs now.
struct LiveMigration {
  std::size_t index = 0;
  Clock::Steady since;
  std::size_t statements_done = 0;
  int attempt = 1;
  int attempts = 0;  // 0: not told
  bool pausing = false;
  std::string blocked_on;  // "ACCESS EXCLUSIVE on public.invoices"
  Clock::Steady blocked_at{};
  std::size_t blocked_after = 0;  // statements that were done before the one that waits
  std::optional<ServerProgress> progress;
  Clock::Steady progress_since;
};

class ProgressBar final : public Observer {
 public:
  struct Screen {
    std::function<void(std::string_view)> write;
    std::function<std::size_t()> columns;
    Paint paint;
  };

  // `subject` names directory and format; the server is filled in when connected. `clock` outlives this.
  ProgressBar(Screen screen, const Clock& clock, Subject subject);
  ~ProgressBar() override;

  void connected(const ServerInfo&) override;
  void run_started(const Plan&) override;
  void run_finished(const Report&) override;
  void waiting_for_run_lock(const std::vector<Blocker>&, std::chrono::milliseconds waited) override;
  void waiting_for_migrations(std::size_t pending, const std::string& owner, std::chrono::milliseconds waited) override;
  void step_started(const Step&, std::size_t index) override;
  void statement_finished(const Step&, std::size_t statement) override;
  void step_finished(const Step&, const AppliedStep&) override;
  void step_failed(const Step&, const FailedStep&) override;
  void step_retrying(const Step&, int attempt, int attempts, const Error&, std::chrono::milliseconds pause) override;
  void statement_blocked(const Step&, const std::string& lock_mode, const std::string& relation,
                         const std::vector<Blocker>&) override;
  void server_progress(const Step&, const ServerProgress&) override;
  void tick() override;
  void notice(const Step*, const ServerNotice&) override;
  void diagnostic(const Diagnostic&) override;
  void reconnecting(const Error&, int attempt) override;

 private:
  struct Line {
    std::string version;
    std::string name;
    std::size_t statements = 0;
  };

  std::string aligned(const Line&, std::string_view status) const;
  std::string status_of(const LiveMigration&) const;
  double share_done() const;
  std::string bar() const;
  std::vector<std::string> live_lines() const;
  // Prints above the live part, for good.
  void print(std::string_view text);
  void redraw();
  std::string clearing() const;
  void forget_wait();

  Screen screen_;
  const Clock& clock_;
  Subject subject_;
  Clock::Steady began_;
  bool title_printed_ = false;
  std::vector<Line> steps_;
  std::size_t version_width_ = 0;
  std::size_t name_width_ = 0;
  std::size_t finished_ = 0;
  double furthest_ = 0;
  std::optional<LiveMigration> current_;
  std::vector<std::string>
      waiting_lines_;  // for the run lock, for a reconnect, or for who blocks the current statement
  std::size_t drawn_ = 0;
  Clock::Steady drawn_at_{};
  bool done_ = false;
};

}  // namespace dunlin::cli
