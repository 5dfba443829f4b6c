#include "cli/settings.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/suggest.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

std::optional<bool> parse_on_off(std::string_view text) {
  for (const std::string_view word : {"on", "true", "yes", "1"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"off", "false", "no", "0"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

std::optional<int> parse_count(std::string_view text) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> words;
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    words.emplace_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return words;
}

[[noreturn]] void refuse(const SettingSource& source, const std::string& what, std::string hint) {
  Error error{.kind = source.kind == SourceKind::flag ? ErrorKind::usage : ErrorKind::config,
              .message = fmt::format("{}: {}", source.name, what),
              .hint = std::move(hint)};
  error.where = {.file = source.file, .line = source.line};
  throw Failure(std::move(error));
}

// Spellings that mean the same: what log libraries call the levels, and SQL's own spelling of isolation levels.
std::string canonical(const SettingRow& row, std::string value) {
  if (row.key == "log_level") {
    if (value == "warn") return "warning";
    if (value == "trace") return "debug";
  }
  if (row.key == "isolation") std::ranges::replace(value, ' ', '-');
  return value;
}

std::string checked(const SettingRow& row, std::string value, const SettingSource& source) {
  switch (row.kind) {
    case SettingKind::text:
    case SettingKind::list:
    case SettingKind::pairs: return value;
    case SettingKind::duration: try { parse_duration(value);
      } catch (const Failure& failure) {
        refuse(source, failure.error().message, failure.error().hint);
      }
      return value;
    case SettingKind::count:
      if (!parse_count(value)) refuse(source, fmt::format("\"{}\" is not a whole number", value), {});
      return value;
    case SettingKind::choice: {
      value = canonical(row, std::move(value));
      const auto words = split_choices(row.choices);
      if (std::ranges::find(words, value) == words.end()) {
        const std::string nearest = did_you_mean(value, words);
        refuse(source, fmt::format("\"{}\" is not one of {}", value, fmt::join(words, ", ")), nearest);
      }
      return value;
    }
    case SettingKind::on_off: {
      const auto parsed = parse_on_off(value);
      if (!parsed) refuse(source, fmt::format("\"{}\" is neither on nor off", value), {});
      return *parsed ? "on" : "off";
    }
  }
  return value;
}

}  // namespace

std::string to_string(const SettingSource& source) {
  switch (source.kind) {
    case SourceKind::fallback: return "default";
    case SourceKind::config_file: return fmt::format("{}:{}", source.file, source.line);
    case SourceKind::env_file: return fmt::format("{} in {}:{}", source.name, source.file, source.line);
    case SourceKind::environment:
    case SourceKind::flag: return source.name;
  }
  return {};
}

Settings::Settings() {
  for (const SettingRow& row : setting_rows()) {
    values_.emplace(std::string(row.key), Setting{.value = std::string(row.fallback), .source = {}});
  }
}

void Settings::offer(std::string_view key, std::string value, SettingSource source) {
  const SettingRow* row = find_setting_row(key);
  if (row == nullptr) throw Failure(ErrorKind::internal, fmt::format("no setting is called \"{}\"", key));
  std::string kept = checked(*row, std::move(value), source);
  Setting& setting = values_.find(key)->second;
  if (source.kind > setting.source.kind) setting = {.value = std::move(kept), .source = std::move(source)};
}

const Setting& Settings::at(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) throw Failure(ErrorKind::internal, fmt::format("no setting is called \"{}\"", key));
  return found->second;
}

bool Settings::on(std::string_view key) const {
  return text(key) == "on";
}

std::chrono::milliseconds Settings::duration(std::string_view key) const {
  return text(key).empty() ? std::chrono::milliseconds{0} : parse_duration(text(key));
}

int Settings::count(std::string_view key) const {
  return parse_count(text(key)).value_or(0);
}

std::vector<std::string> Settings::list(std::string_view key) const {
  std::vector<std::string> parts;
  std::string_view rest = text(key);
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    std::string_view part = rest.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return parts;
}

RunOptions Settings::run_options() const {
  RunOptions options;
  options.lock_wait = duration("lock_wait");
  options.wait_migrated = duration("wait_migrated");
  options.lock_retries = count("lock_retries");
  options.reconnect_for = duration("reconnect_for");
  options.ignore_missing = on("ignore_missing");
  if (!text("allow_out_of_order").empty()) options.allow_out_of_order = on("allow_out_of_order");
  if (text("transaction") == "all") options.transaction = TransactionScope::all;
  if (text("transaction") == "none") options.transaction = TransactionScope::none;
  return options;
}

SessionOptions Settings::session_options() const {
  SessionOptions options;
  options.connect_timeout = duration("connect_timeout");
  options.lock_timeout = duration("lock_timeout");
  options.statement_timeout = duration("statement_timeout");
  options.busy_timeout = duration("busy_timeout");
  options.isolation = text("isolation");
  std::ranges::replace(options.isolation, '-', ' ');
  options.pooler = text("pooler");
  return options;
}

}  // namespace dunlin::cli
