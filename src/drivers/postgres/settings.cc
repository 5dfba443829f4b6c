#include "drivers/postgres/settings.h"

#include <fmt/format.h>

namespace dunlin::postgres {

std::vector<Setting> wanted_settings(const SessionOptions& options) {
  const auto milliseconds = [](std::chrono::milliseconds duration) { return fmt::format("{}", duration.count()); };
  return {
      {"lock_timeout", milliseconds(options.lock_timeout)},
      {"statement_timeout", milliseconds(options.statement_timeout)},
      {"idle_in_transaction_session_timeout", "0"},
      {"idle_session_timeout", "0", 140000},
      // A server that checks for us once a second ends the statement of a killed client; otherwise it would work on,
      // and hold the migration lock, for as long as the statement takes.
      {"client_connection_check_interval", "1000", 140000},
      {"tcp_keepalives_idle", "30"},
      {"tcp_keepalives_interval", "10"},
      {"tcp_keepalives_count", "3"},
      {"tcp_user_timeout", "60000", 120000},
      {"transaction_timeout", "0", 170000},
  };
}

std::string startup_options(const std::vector<Setting>& settings, const std::string& users_own) {
  // The version is not known before the connection: what only newer servers know is left for later.
  constexpr int kOldestAssumed = 140000;
  std::string text = users_own;
  for (const Setting& setting : settings) {
    if (setting.since > kOldestAssumed) continue;
    text += fmt::format("{}-c {}={}", text.empty() ? "" : " ", setting.name, setting.value);
  }
  text += fmt::format(" -c {}=1", kArrivedMark);
  return text;
}

std::string set_sql(const Setting& setting, bool local) {
  return fmt::format("SET {}{} = '{}'", local ? "LOCAL " : "", setting.name, setting.value);
}

}  // namespace dunlin::postgres
