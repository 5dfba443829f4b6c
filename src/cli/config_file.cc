#include "cli/config_file.h"

#include <optional>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/suggest.h"
#include "base/text_file.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

[[noreturn]] void fail(const std::string& path, const toml::source_position& at, std::string message,
                       std::string hint) {
  Error error{.kind = ErrorKind::config, .message = std::move(message), .hint = std::move(hint)};
  error.where = {.file = path, .line = static_cast<int>(at.line), .column = static_cast<int>(at.column)};
  throw Failure(std::move(error));
}

toml::table parse(const std::string& text, const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& problem) {
    fail(path, problem.source().begin, fmt::format("this is not valid TOML: {}", problem.description()), {});
  }
}

std::optional<std::string> as_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "on" : "off";
  return std::nullopt;
}

// ["a", "b"] as "a,b".
std::optional<std::string> as_list(const toml::node& node) {
  const auto* array = node.as_array();
  if (array == nullptr) return as_text(node);
  std::string all;
  for (const toml::node& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) return std::nullopt;
    all += (all.empty() ? "" : ",") + text->get();
  }
  return all;
}

// The table { a = "x", b = "y" } as "a=x,b=y", with the line of each.
std::optional<std::string> as_pairs(const toml::node& node, const std::string& path, std::vector<int>& lines) {
  const auto* table = node.as_table();
  if (table == nullptr) return as_list(node);
  std::string all;
  for (const auto& [key, value] : *table) {
    const auto* text = value.as_string();
    if (text == nullptr) return std::nullopt;
    if (key.str().find_first_of(",=") != std::string_view::npos) {
      fail(path, key.source().begin,
           fmt::format("\"{}\" cannot be named here: it holds a comma or an equals sign", key.str()), {});
    }
    all += fmt::format("{}{}={}", all.empty() ? "" : ",", key.str(), text->get());
    lines.push_back(static_cast<int>(key.source().begin.line));
  }
  return all;
}

const char* what_it_is_not(SettingKind kind) {
  switch (kind) {
    case SettingKind::pairs: return "no table of names and texts";
    case SettingKind::list: return "no array of texts";
    default: return "neither text, a number nor true or false";
  }
}

// Whether a file may have it.
bool fits_file(const SettingRow& row) {
  return row.places == SettingPlaces::everywhere || row.places == SettingPlaces::environment_and_file;
}

const SettingRow& row_of(const std::string& path, const toml::key& key) {
  const SettingRow* row = find_setting_row(key.str());
  if (row != nullptr && fits_file(*row)) return *row;
  if (row != nullptr) {
    fail(path, key.source().begin, fmt::format("\"{}\" cannot be set in a file", key.str()),
         fmt::format("give the flag {}", flag_name(*row)));
  }
  std::vector<std::string_view> known;
  for (const SettingRow& candidate : setting_rows()) {
    if (fits_file(candidate)) known.push_back(candidate.key);
  }
  std::string hint = did_you_mean(key.str(), known);
  if (hint.empty()) hint = "dunlin config lists the settings there are";
  fail(path, key.source().begin, fmt::format("no setting is called \"{}\"", key.str()), std::move(hint));
}

}  // namespace

bool offer_config_file(const std::string& path, Settings& settings) {
  const std::optional<std::string> text = read_text_file(path);
  if (!text) return false;
  const toml::table table = parse(*text, path);
  for (const auto& [key, node] : table) {
    const SettingRow& row = row_of(path, key);
    std::vector<int> lines;
    std::optional<std::string> value = row.kind == SettingKind::pairs  ? as_pairs(node, path, lines)
                                       : row.kind == SettingKind::list ? as_list(node)
                                                                       : as_text(node);
    if (!value) {
      fail(path, node.source().begin, fmt::format("the value of \"{}\" is {}", key.str(), what_it_is_not(row.kind)),
           {});
    }
    settings.offer(row.key, std::move(*value),
                   {.kind = SourceKind::config_file,
                    .name = std::string(key.str()),
                    .file = path,
                    .line = static_cast<int>(key.source().begin.line),
                    .lines = std::move(lines)});
  }
  return true;
}

}  // namespace dunlin::cli
