#include "cli/log.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/wall_time.h"
#include "cli/render/printable.h"
#include "dunlin/error.h"

namespace dunlin::cli {
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

class Log::Sinks {
 public:
  explicit Sinks(const Options& options) {
    if (options.to_stderr) stderr_ = logger(std::make_shared<spdlog::sinks::stderr_sink_st>());
    if (options.file.empty()) return;
    try {
      file_ = logger(std::make_shared<spdlog::sinks::basic_file_sink_st>(options.file));
    } catch (const spdlog::spdlog_ex&) {
      throw Failure(ErrorKind::io, fmt::format("cannot write the log file {}", options.file),
                    "name a file in an existing directory: --log-file FILE");
    }
  }

  void write(const std::string& line, bool to_stderr) {
    for (const auto& each : {to_stderr ? stderr_ : nullptr, file_}) {
      if (each != nullptr) each->log(spdlog::level::info, "{}", line);
    }
  }

 private:
  static std::shared_ptr<spdlog::logger> logger(const spdlog::sink_ptr& sink) {
    auto made = std::make_shared<spdlog::logger>("dunlin", sink);
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }

  std::shared_ptr<spdlog::logger> stderr_;
  std::shared_ptr<spdlog::logger> file_;
};

Log::Log(const Options& options, const SecretSet& secrets, const Clock& clock)
    : options_(options), secrets_(secrets), clock_(clock), sinks_(std::make_unique<Sinks>(options)) {}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, std::string_view message, const std::vector<LogField>& fields) {
  if (enabled(level)) sinks_->write(line(level, event, message, fields), true);
}

bool Log::write_error(std::string_view event, std::string_view message, const std::vector<LogField>& fields) {
  const bool on_stderr = options_.to_stderr && options_.format == LogFormat::json;
  sinks_->write(line(LogLevel::error, event, message, fields), on_stderr);
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

}  // namespace dunlin::cli
