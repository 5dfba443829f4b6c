// The log: lines for a person or objects for a machine, to standard error where no terminal shows the progress itself,
// and to --log-file.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/secret_set.h"

namespace dunlin {

enum class LogLevel { error, warning, info, debug };
enum class LogFormat { text, json };

LogLevel log_level(std::string_view setting);

struct LogField {
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool> value;
};

// Any thread may write.
class Log {
 public:
  struct Options {
    bool to_stderr = false;
    LogFormat format = LogFormat::text;
    LogLevel level = LogLevel::info;
    std::string file;  // empty: none
  };

  // Throws Failure (io) when the file cannot be opened. `secrets` and `clock` outlive the log.
  Log(const Options&, const SecretSet& secrets, const Clock& clock);

  bool enabled(LogLevel level) const noexcept { return level <= options_.level; }
  bool on_stderr() const noexcept { return options_.to_stderr; }
  LogFormat format() const noexcept { return options_.format; }

  // Text:  2026-01-01T10:02:03.123Z info  message
  // JSON:  {"time":..,"level":..,"event":..,"message":..,<fields>}
  // `event` is stable: "step_finished".
  void write(LogLevel level, std::string_view event, std::string_view message,
             const std::vector<LogField>& fields = {});
  // An error that standard error shows in full, with place and caret, where its lines are text: there it is not said
  // twice. True when it is a line of standard error all the same, because those are JSON.
  bool write_error(std::string_view event, std::string_view message, const std::vector<LogField>& fields = {});

 private:
  struct FileCloser {
    void operator()(std::FILE*) const noexcept;
  };
  void put(std::string line, bool on_stderr);
  std::string line(LogLevel level, std::string_view event, std::string_view message,
                   const std::vector<LogField>& fields) const;
  Options options_;
  const SecretSet& secrets_;
  const Clock& clock_;
  std::unique_ptr<std::FILE, FileCloser> file_;
};

}  // namespace dunlin
