#include "formats/sqlx_name.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/utf8.h"
#include "core/integer_version.h"

namespace dunlin::formats {
namespace {

constexpr std::string_view kSuffix = ".sql";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::string_view leading_digits(std::string_view text) {
  return text.substr(0, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()));
}

bool all_digits(std::string_view text) {
  return !text.empty() && leading_digits(text).size() == text.size();
}

std::string_view suffix_of(SqlxName::Part part) {
  switch (part) {
    case SqlxName::Part::up: return ".up.sql";
    case SqlxName::Part::down: return ".down.sql";
    case SqlxName::Part::simple: break;
  }
  return kSuffix;
}

NearMiss rename_to(std::string why, const std::string& name) {
  return {std::move(why), fmt::format("rename it to {}", name)};
}

// A name that ends in .sql, whatever its case, and is no migration. `stem` is in front of that ending.
std::optional<NearMiss> near_miss_of_sql_file(std::string_view stem, bool upper_case) {
  const std::string file_name = std::string(stem) + std::string(kSuffix);
  if (parse_sqlx_name(file_name)) {
    return rename_to("its ending is not in lower case", file_name);
  }
  if (upper_case) return std::nullopt;

  const std::string_view digits = leading_digits(stem);
  if (all_digits(stem)) {
    return rename_to("it has no description after its version", fmt::format("{}_DESCRIPTION.sql", stem));
  }
  const std::size_t underscore = stem.find('_');
  const std::string_view prefix = stem.substr(0, underscore);

  // Flyway: V1__x, V2.1__x, U1__x, R__x.
  const char first = stem.empty() ? '\0' : stem.front();
  const bool doubled = underscore != std::string_view::npos && stem.substr(underscore).starts_with("__");
  if (doubled && std::string_view("VUR").find(first) != std::string_view::npos &&
      std::all_of(prefix.begin() + 1, prefix.end(), [](char c) { return is_digit(c) || c == '.'; })) {
    const std::string_view rest = stem.substr(underscore + 2);
    if (first == 'V' && all_digits(prefix.substr(1)))
      return rename_to("it is named the Flyway way", fmt::format("{}_{}.sql", prefix.substr(1), rest));
    return NearMiss{"it is named the Flyway way",
                    fmt::format("give it a whole number for a version: VERSION_{}.sql", rest)};
  }
  // 2024-01-01_x, 2024-01-01-120000_x, 2024.01.01_x: digits with marks between them.
  const bool dated =
      !digits.empty() && underscore != std::string_view::npos && digits.size() < prefix.size() &&
      std::all_of(prefix.begin(), prefix.end(), [](char c) { return is_digit(c) || c == '-' || c == '.'; });
  if (dated) {
    std::string number;
    std::copy_if(prefix.begin(), prefix.end(), std::back_inserter(number), is_digit);
    if (number.size() < 14 && number.size() >= 8) number.resize(14, '0');
    return rename_to("its version is not a whole number", fmt::format("{}{}.sql", number, stem.substr(underscore)));
  }
  if (underscore != std::string_view::npos && all_digits(prefix))
    return NearMiss{"its version is above 9223372036854775807", "give it a smaller version, such as YYYYMMDDHHMMSS"};
  // 1-x, 1.x, 1 x, 001x.
  if (!digits.empty()) {
    std::string_view rest = stem.substr(digits.size());
    while (!rest.empty() && std::string_view("-. _").find(rest.front()) != std::string_view::npos)
      rest.remove_prefix(1);
    return rename_to("there is no '_' right after its version",
                     fmt::format("{}_{}.sql", digits, rest.empty() ? "DESCRIPTION" : rest));
  }
  if (underscore == std::string_view::npos) return std::nullopt;
  // Any other word before the first '_': sqlx does not skip such a file, it refuses the directory.
  return NearMiss{
      "it does not begin with a version",
      fmt::format("rename it to VERSION_{}.sql, or move it elsewhere; sqlx refuses the whole directory", stem)};
}

}  // namespace

std::optional<SqlxName> parse_sqlx_name(std::string_view file_name) {
  const std::size_t underscore = file_name.find('_');
  if (underscore == std::string_view::npos || !file_name.substr(underscore + 1).ends_with(kSuffix)) return std::nullopt;
  const auto version = parse_integer(file_name.substr(0, underscore));
  if (!version) return std::nullopt;

  SqlxName parsed;
  parsed.version = *version;
  parsed.digits = file_name.substr(0, underscore);
  std::string_view rest = file_name.substr(underscore + 1);
  parsed.part = rest.ends_with(suffix_of(SqlxName::Part::up))     ? SqlxName::Part::up
                : rest.ends_with(suffix_of(SqlxName::Part::down)) ? SqlxName::Part::down
                                                                  : SqlxName::Part::simple;
  const std::string_view suffix = suffix_of(parsed.part);
  while (rest.ends_with(suffix)) rest.remove_suffix(suffix.size());
  parsed.name = replace_invalid_utf8(rest);
  parsed.description = parsed.name;
  std::replace(parsed.description.begin(), parsed.description.end(), '_', ' ');
  return parsed;
}

std::optional<NearMiss> near_miss_of_sqlx(std::string_view file_name) {
  if (file_name.empty() || file_name.front() == '.' || parse_sqlx_name(file_name)) return std::nullopt;
  const std::string lower = lower_case(file_name);
  if (lower.ends_with(kSuffix)) {
    const std::string_view stem = file_name.substr(0, file_name.size() - kSuffix.size());
    std::string end_lower(file_name);
    // 1_x.UP.SQL is meant to be 1_x.up.sql.
    const std::size_t tail = lower.ends_with(".up.sql") ? 7 : lower.ends_with(".down.sql") ? 9 : 0;
    const bool upper_case = !file_name.ends_with(kSuffix);
    if (tail > 0 && upper_case) {
      end_lower.replace(end_lower.size() - tail, tail, lower, lower.size() - tail, tail);
      if (parse_sqlx_name(end_lower)) return rename_to("its ending is not in lower case", end_lower);
    }
    return near_miss_of_sql_file(stem, upper_case);
  }
  // What an editor or a download adds without being asked.
  if (lower.ends_with(".sql.txt") && parse_sqlx_name(file_name.substr(0, file_name.size() - 4)))
    return rename_to("it ends in .txt", std::string(file_name.substr(0, file_name.size() - 4)));
  // 1_x, 1_x.up: the ending was forgotten.
  const std::size_t underscore = file_name.find('_');
  const std::string_view rest = underscore == std::string_view::npos ? "" : file_name.substr(underscore + 1);
  const std::string_view stem = rest.ends_with(".up")     ? rest.substr(0, rest.size() - 3)
                                : rest.ends_with(".down") ? rest.substr(0, rest.size() - 5)
                                                          : rest;
  if (!stem.empty() && stem.find('.') == std::string_view::npos && !stem.ends_with('~') &&
      all_digits(file_name.substr(0, underscore)))
    return rename_to("it does not end in .sql", std::string(file_name) + ".sql");
  return std::nullopt;
}

std::optional<NearMiss> misleading_sqlx_name(const SqlxName& name, std::string_view file_name) {
  constexpr std::array<std::string_view, 6> kDirections{".up", ".down", ".undo", ".rollback", ".revert", ".do"};
  if (name.part != SqlxName::Part::simple) return std::nullopt;
  const std::string lower = lower_case(name.name);
  const auto direction =
      std::find_if(kDirections.begin(), kDirections.end(), [&](std::string_view end) { return lower.ends_with(end); });
  if (direction == kDirections.end()) return std::nullopt;
  const bool up = *direction == ".up" || *direction == ".do";
  const std::string_view stem = file_name.substr(0, file_name.size() - kSuffix.size() - direction->size());
  return NearMiss{fmt::format("its name means a migration of its own that is run by migrate, not the {} part of one",
                              up ? "up" : "down"),
                  fmt::format("rename it to {}{}.sql", stem, up ? ".up" : ".down")};
}

}  // namespace dunlin::formats
