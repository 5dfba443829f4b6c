#include "base/log.h"

#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "base/wall_time.h"
#include "dunlin/error.h"

namespace dunlin {
namespace {

const char* name(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "error";
    case LogLevel::warning: return "warning";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
  }
  return "";
}

// Milliseconds always, so that lines stand under each other.
std::string timestamp(std::chrono::system_clock::time_point now) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(now);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  std::string text = format_rfc3339(std::chrono::time_point_cast<std::chrono::microseconds>(seconds));
  text.pop_back();
  return fmt::format("{}.{:03}Z", text, (milliseconds - seconds).count());
}

}  // namespace

LogLevel log_level(std::string_view setting) {
  for (const LogLevel level : {LogLevel::error, LogLevel::warning, LogLevel::info, LogLevel::debug}) {
    if (setting == name(level)) return level;
  }
  return LogLevel::info;
}

void Log::FileCloser::operator()(std::FILE* file) const noexcept {
  std::fclose(file);
}

Log::Log(const Options& options, const SecretSet& secrets, const Clock& clock)
    : options_(options), secrets_(secrets), clock_(clock) {
  if (options_.file.empty()) return;
  file_.reset(std::fopen(options_.file.c_str(), "ae"));
  if (file_ == nullptr) {
    throw Failure(ErrorKind::io, fmt::format("cannot write the log file {}: {}", options_.file, std::strerror(errno)),
                  "name a file in an existing directory: --log-file FILE");
  }
}

// A line at a time, so that those of several threads and processes never mix.
void Log::put(std::string line, bool on_stderr) {
  line += '\n';
  for (std::FILE* const out : {on_stderr ? stderr : nullptr, file_.get()}) {
    if (out == nullptr) continue;
    std::fwrite(line.data(), 1, line.size(), out);
    std::fflush(out);
  }
}

void Log::write(LogLevel level, std::string_view event, std::string_view message, const std::vector<LogField>& fields) {
  if (enabled(level)) put(line(level, event, message, fields), options_.to_stderr);
}

bool Log::write_error(std::string_view event, std::string_view message, const std::vector<LogField>& fields) {
  const bool on_stderr = options_.to_stderr && options_.format == LogFormat::json;
  put(line(LogLevel::error, event, message, fields), on_stderr);
  return on_stderr;
}

std::string Log::line(LogLevel level, std::string_view event, std::string_view message,
                      const std::vector<LogField>& fields) const {
  const std::string time = timestamp(clock_.wall_now());
  if (options_.format == LogFormat::text) {
    return fmt::format("{} {:<7} {}", time, name(level), secrets_.mask(one_line(message)));
  }
  nlohmann::ordered_json json{
      {"time", time}, {"level", name(level)}, {"event", event}, {"message", secrets_.mask(message)}};
  for (const LogField& field : fields) {
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
            json[std::string(field.name)] = secrets_.mask(value);
          } else {
            json[std::string(field.name)] = value;
          }
        },
        field.value);
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace dunlin
