#include "cli/render/blocker_text.h"

#include <fmt/format.h>

#include "base/printable.h"

namespace dunlin::cli {

std::string age_text(std::chrono::seconds age) {
  const auto seconds = std::max<std::int64_t>(age.count(), 0);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86400);
}

std::string blocker_text(const Blocker& blocker) {
  std::string text = fmt::format("pid {}", blocker.pid);
  std::string who = blocker.user;
  if (!blocker.host.empty()) who += '@' + blocker.host;
  if (!who.empty()) text += " · " + one_line(who);
  if (!blocker.application.empty()) text += fmt::format(" · \"{}\"", one_line(blocker.application));
  std::string times;
  if (blocker.transaction_age) times = "in transaction for " + age_text(*blocker.transaction_age);
  if (!blocker.state.empty() && blocker.state_age) {
    if (!times.empty()) times += ", ";
    // The transaction has been told; what is left of "idle in transaction" is that nothing happens in it.
    const std::string state =
        blocker.state == "idle in transaction" && blocker.transaction_age ? "idle" : blocker.state;
    times += fmt::format("{} for {}", one_line(state), age_text(*blocker.state_age));
  }
  if (!times.empty()) text += " · " + times;
  return text;
}

}  // namespace dunlin::cli
