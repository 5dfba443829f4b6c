#include "cli/environment.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <unistd.h>

#include "base/suggest.h"
#include "base/text_file.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

[[noreturn]] void fail(const SettingSource& source, const std::string& what, std::string hint) {
  Error error{.kind = ErrorKind::config, .message = fmt::format("{} {}", source.name, what), .hint = std::move(hint)};
  error.where = {.file = source.file, .line = source.line};
  throw Failure(std::move(error));
}

// A Secret made of a file has the end of its last line.
std::string_view without_line_end(std::string_view value) {
  while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
  return value;
}

// Set at all, also to nothing.
std::optional<Found> look(const Environment& environment, std::string_view name, SourceKind where) {
  if (where == SourceKind::environment) {
    const auto found = environment.process().find(name);
    if (found == environment.process().end()) return std::nullopt;
    return Found{std::string(without_line_end(found->second)), {.kind = where, .name = std::string(name)}};
  }
  const EnvFile& file = environment.file();
  const auto found = file.entries.find(name);
  if (found == file.entries.end()) return std::nullopt;
  return Found{found->second.value,
               {.kind = where, .name = std::string(name), .file = file.path, .line = found->second.line}};
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// What follows "PORT": nothing, or _<number>_<protocol> and perhaps _ADDR, _PORT or _PROTO.
bool is_port_tail(std::string_view tail) {
  if (tail.empty()) return true;
  if (!tail.starts_with('_')) return false;
  tail.remove_prefix(1);
  const auto number_end = tail.find('_');
  if (number_end == std::string_view::npos || !all_digits(tail.substr(0, number_end))) return false;
  tail.remove_prefix(number_end + 1);
  const auto protocol_end = std::min(tail.find('_'), tail.size());
  const std::string_view protocol = tail.substr(0, protocol_end);
  if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") return false;
  tail.remove_prefix(protocol_end);
  return tail.empty() || tail == "_ADDR" || tail == "_PORT" || tail == "_PROTO";
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::vector<std::string> known_variables() {
  std::vector<std::string> names{"DUNLIN_CONFIG"};
  for (const SettingRow& row : setting_rows()) {
    if (row.places == SettingPlaces::flag_only) continue;
    names.push_back(environment_name(row));
    if (row.secret) names.push_back(environment_name(row) + "_FILE");
  }
  return names;
}

void refuse_unknown(const Environment& environment, SourceKind where, const std::vector<std::string>& known,
                    std::string_view name) {
  if (!name.starts_with("DUNLIN_") || is_service_link(name) || std::ranges::find(known, name) != known.end()) return;
  const auto found = look(environment, name, where);
  // Without the prefix that all of them share, which would make any two of them look alike.
  constexpr std::string_view kPrefix = "DUNLIN_";
  std::vector<std::string_view> words;
  for (const std::string_view each : known) {
    if (each.starts_with(kPrefix)) words.push_back(each.substr(kPrefix.size()));
  }
  const std::string near = nearest(name.substr(kPrefix.size()), words);
  std::string hint = near.empty() ? near : fmt::format("did you mean {}{}?", kPrefix, near);
  if (hint.empty()) hint = "unset it; dunlin config lists the settings there are";
  for (const SettingRow& row : setting_rows()) {
    if (row.places == SettingPlaces::flag_only && environment_name(row) == name) {
      hint = fmt::format("it can be given as the flag {} only", flag_name(row));
    }
  }
  fail(found->source, "is not a variable that dunlin knows", std::move(hint));
}

}  // namespace

Variables process_environment() {
  Variables variables;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::optional<Found> Environment::find(std::string_view name, SourceKind where) const {
  auto found = look(*this, name, where);
  if (found && found->value.empty()) return std::nullopt;
  return found;
}

std::optional<Found> Environment::find(std::string_view name) const {
  auto found = find(name, SourceKind::environment);
  return found ? found : find(name, SourceKind::env_file);
}

std::optional<Found> Environment::find_filled(std::string_view name) const {
  for (const SourceKind where : {SourceKind::environment, SourceKind::env_file}) {
    auto found = look(*this, name, where);
    if (!found) continue;
    if (found->value.empty()) fail(found->source, "is set but empty", "give it a value, or unset it");
    return found;
  }
  return std::nullopt;
}

std::optional<Found> Environment::find_secret_place(std::string_view name, SourceKind where) const {
  auto direct = look(*this, name, where);
  auto path = look(*this, fmt::format("{}_FILE", name), where);
  if (direct && path) {
    fail(direct->source, fmt::format("and {} are both set", path->source.name), "unset one of them");
  }
  if (direct) {
    if (direct->value.empty()) {
      fail(direct->source, "is set but empty",
           "the secret it should come from may be missing; give it a value, or unset it");
    }
    return direct;
  }
  if (path && path->value.empty()) fail(path->source, "is set but empty", "give it the path of a file, or unset it");
  return path;
}

std::optional<Found> Environment::find_secret(std::string_view name, SourceKind where) const {
  auto path = find_secret_place(name, where);
  if (!path || path->source.name == name) return path;
  std::optional<std::string> content;
  try {
    content = read_text_file(path->value);
  } catch (const Failure& failure) {
    fail(path->source, fmt::format("names {}: {}", path->value, failure.what()), "mount the secret there");
  }
  if (!content)
    fail(path->source, fmt::format("names {}, which does not exist", path->value), "mount the secret there");
  while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
  if (content->empty()) fail(path->source, fmt::format("names {}, which is empty", path->value), {});
  return Found{std::move(*content), path->source};
}

bool is_service_link(std::string_view name) {
  if (!name.starts_with("DUNLIN_")) return false;
  // The Service's own name may hold more words, so each underscore may be where the suffix begins.
  for (auto at = name.find('_'); at != std::string_view::npos; at = name.find('_', at + 1)) {
    const std::string_view rest = name.substr(at + 1);
    if (rest == "SERVICE_HOST" || rest == "SERVICE_PORT" || rest.starts_with("SERVICE_PORT_")) return true;
    if (rest.starts_with("PORT") && is_port_tail(rest.substr(4))) return true;
  }
  return false;
}

std::string level_of_rust_log(std::string_view text) {
  std::string general;
  std::string own;
  if (const auto filter = text.find('/'); filter != std::string_view::npos) text = text.substr(0, filter);
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string_view directive = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    while (directive.starts_with(' ')) directive.remove_prefix(1);
    while (directive.ends_with(' ')) directive.remove_suffix(1);
    const auto equals = directive.find('=');
    const std::string word = lower(equals == std::string_view::npos ? directive : directive.substr(equals + 1));
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kLevels{{{"off", "error"},
                                                                                    {"error", "error"},
                                                                                    {"warn", "warning"},
                                                                                    {"info", "info"},
                                                                                    {"debug", "debug"},
                                                                                    {"trace", "debug"}}};
    const auto level = std::ranges::find(kLevels, word, &std::pair<std::string_view, std::string_view>::first);
    if (level == kLevels.end()) continue;
    if (equals == std::string_view::npos) {
      general = level->second;
    } else if (directive.substr(0, equals) == "dunlin") {
      own = level->second;
    }
  }
  return own.empty() ? general : own;
}

void offer_environment(const Environment& environment, Settings& settings, std::vector<Diagnostic>& warnings) {
  const auto known = known_variables();
  for (const auto& [name, value] : environment.process()) {
    refuse_unknown(environment, SourceKind::environment, known, name);
  }
  for (const auto& [name, entry] : environment.file().entries) {
    refuse_unknown(environment, SourceKind::env_file, known, name);
  }
  for (const SourceKind where : {SourceKind::environment, SourceKind::env_file}) {
    for (const SettingRow& row : setting_rows()) {
      if (row.places == SettingPlaces::flag_only) continue;
      const std::string name = environment_name(row);
      auto found = row.secret ? environment.find_secret(name, where) : environment.find(name, where);
      if (found) settings.offer(row.key, std::move(found->value), std::move(found->source));
    }
    // Below DUNLIN_LOG_LEVEL of the same place, which has just been offered.
    if (auto found = environment.find("RUST_LOG", where)) {
      std::string level = level_of_rust_log(found->value);
      if (!level.empty()) {
        settings.offer("log_level", std::move(level), std::move(found->source));
      } else if (found->value.find('=') == std::string::npos) {
        warnings.push_back({.severity = Severity::warning,
                            .code = "rust-log",
                            .message = fmt::format("RUST_LOG=\"{}\" names no log level and is ignored", found->value),
                            .hint = "use one of error, warn, info, debug"});
      }
    }
  }
}

}  // namespace dunlin::cli
