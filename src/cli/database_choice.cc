#include "cli/database_choice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/suggest.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

std::string scheme_of_driver(const Found& driver) {
  struct Spelling {
    std::string_view word;
    std::string_view scheme;
  };
  constexpr std::array kSpellings{Spelling{"postgres", "postgres"}, Spelling{"postgresql", "postgres"},
                                  Spelling{"pgsql", "postgres"},    Spelling{"pg", "postgres"},
                                  Spelling{"sqlite", "sqlite"},     Spelling{"sqlite3", "sqlite"},
                                  Spelling{"mysql", "mysql"},       Spelling{"mariadb", "mysql"}};
  std::string word = driver.value;
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::vector<std::string_view> words;
  for (const Spelling& spelling : kSpellings) {
    if (spelling.word == word) return std::string(spelling.scheme);
    words.push_back(spelling.word);
  }
  std::string hint = did_you_mean(word, words);
  if (hint.empty()) hint = "use postgres or sqlite";
  throw Failure(ErrorKind::config, fmt::format("{}: \"{}\" is no database driver", driver.source.name, driver.value),
                std::move(hint));
}

std::string checked_port(const Found& port) {
  int number = 0;
  const char* end = port.value.data() + port.value.size();
  const auto [stop, problem] = std::from_chars(port.value.data(), end, number);
  if (problem != std::errc{} || stop != end || number < 1 || number > 65535) {
    throw Failure(ErrorKind::config, fmt::format("{}: \"{}\" is no port number", port.source.name, port.value),
                  "ports are numbers from 1 to 65535");
  }
  return port.value;
}

// libpq takes a directory (of unix sockets) for a host when it is percent-encoded; a bare IPv6 address needs brackets.
std::string host_for_url(const std::string& host) {
  if (host.find(':') != std::string::npos && !host.starts_with('[')) return fmt::format("[{}]", host);
  if (host.starts_with('[')) return host;
  return percent_encoded(host);
}

std::optional<Found> secret_of_either(const Environment& environment, std::string_view name) {
  auto found = environment.find_secret(name, SourceKind::environment);
  return found ? found : environment.find_secret(name, SourceKind::env_file);
}

std::optional<DatabaseChoice> named_in(const Settings& settings, const Environment& environment, SourceKind where,
                                       DatabaseUse use) {
  const Setting& direct = settings.at("direct_url");
  const Setting& plain = settings.at("url");
  if (use == DatabaseUse::write && direct.source.kind == where) return DatabaseChoice{direct.value, direct.source};
  if (plain.source.kind == where) return DatabaseChoice{plain.value, plain.source};
  if (where != SourceKind::environment && where != SourceKind::env_file) return std::nullopt;

  // APP_DATABASE_URL is the application's own, weaker user: never for writing. The migrations' user may read.
  using Names = std::vector<std::string_view>;
  const Names names = use == DatabaseUse::write ? Names{"MIGRATION_DATABASE_URL", "DATABASE_URL"}
                                                : Names{"DATABASE_URL", "APP_DATABASE_URL", "MIGRATION_DATABASE_URL"};
  for (const std::string_view name : names) {
    if (auto found = environment.find_secret(name, where)) {
      return DatabaseChoice{std::move(found->value), std::move(found->source)};
    }
  }
  return compose_database_url(environment, where);
}

}  // namespace

std::optional<DatabaseChoice> compose_database_url(const Environment& environment, SourceKind where) {
  constexpr std::array<std::string_view, 3> kTelling{"DB__HOST", "DB__NAME", "DB__DRIVER"};
  if (std::ranges::none_of(kTelling, [&](auto name) { return environment.find(name, where).has_value(); })) {
    return std::nullopt;
  }
  const auto driver = environment.find("DB__DRIVER");
  const auto name = environment.find_filled("DB__NAME");
  const std::string scheme = driver ? scheme_of_driver(*driver) : "postgres";
  SettingSource source{.kind = where, .name = "DB__*"};
  if (where == SourceKind::env_file) {
    source.file = environment.file().path;
    source.line = 1;
  }
  if (scheme == "sqlite") {
    if (!name) throw Failure(ErrorKind::config, "DB__DRIVER names SQLite, but DB__NAME, its file, is not set");
    return DatabaseChoice{fmt::format("sqlite:{}", name->value), std::move(source)};
  }
  const auto host = environment.find_filled("DB__HOST");
  if (!host) {
    throw Failure(ErrorKind::config, "DB__HOST is not set, although other DB__ variables are",
                  "set DB__HOST, or name the database by DATABASE_URL");
  }
  std::string url = scheme + "://";
  std::string password_place = "DB__PASSWORD";
  if (const auto user = secret_of_either(environment, "DB__USER")) {
    url += percent_encoded(user->value);
    if (const auto password = secret_of_either(environment, "DB__PASSWORD")) {
      url += ':' + percent_encoded(password->value);
      password_place = password->source.name;
    }
    url += '@';
  }
  url += host_for_url(host->value);
  if (const auto port = environment.find("DB__PORT")) url += ':' + checked_port(*port);
  if (name) url += '/' + percent_encoded(name->value);
  if (const auto mode = environment.find("DB__SSLMODE")) url += "?sslmode=" + percent_encoded(mode->value);
  return DatabaseChoice{std::move(url), std::move(source), std::move(password_place)};
}

std::optional<DatabaseChoice> choose_database(const Settings& settings, const Environment& environment,
                                              DatabaseUse use) {
  for (const SourceKind where :
       {SourceKind::flag, SourceKind::environment, SourceKind::env_file, SourceKind::config_file}) {
    if (auto choice = named_in(settings, environment, where, use)) return choice;
  }
  return std::nullopt;
}

DatabaseChoice require_database(const Settings& settings, const Environment& environment, DatabaseUse use) {
  if (auto choice = choose_database(settings, environment, use)) return std::move(*choice);
  std::string hint = "export DATABASE_URL=postgres://user@host/database, or set url in dunlin.toml, or dunlin init";
  if (use == DatabaseUse::write && environment.find("APP_DATABASE_URL")) {
    hint = "APP_DATABASE_URL is only read from; export MIGRATION_DATABASE_URL or DATABASE_URL for this command";
  }
  throw Failure(ErrorKind::usage,
                "no database is named: DATABASE_URL is not set, and neither is anything else that names one",
                std::move(hint));
}

}  // namespace dunlin::cli
