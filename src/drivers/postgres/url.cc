#include "drivers/postgres/url.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "dunlin/error.h"

namespace dunlin::postgres {
namespace {

constexpr std::array<std::string_view, 6> kSchemes{"postgresql", "postgres", "pgx",
                                                   "pgx4",       "pgx5",     "postgresql+psycopg2"};

struct Spelling {
  std::string_view theirs;
  std::string_view libpq;  // empty: tunes another client and means nothing to us
};

// sqlx, JDBC, pgx and Prisma. Those without a libpq name cannot change what a migration does.
constexpr std::array kSpellings{
    Spelling{"ssl-mode", "sslmode"},
    Spelling{"ssl-root-cert", "sslrootcert"},
    Spelling{"ssl-ca", "sslrootcert"},
    Spelling{"ssl-cert", "sslcert"},
    Spelling{"ssl-key", "sslkey"},
    Spelling{"ApplicationName", "application_name"},
    Spelling{"connectTimeout", "connect_timeout"},
    Spelling{"loginTimeout", "connect_timeout"},
    Spelling{"statement-cache-capacity", ""},
    Spelling{"statement_cache_capacity", ""},
    Spelling{"statement_cache_mode", ""},
    Spelling{"default_query_exec_mode", ""},
    Spelling{"pool_max_conns", ""},
    Spelling{"pool_min_conns", ""},
    Spelling{"pool_max_conn_lifetime", ""},
    Spelling{"pool_max_conn_idle_time", ""},
    Spelling{"pool_health_check_period", ""},
    Spelling{"binary_parameters", ""},
    Spelling{"connection_limit", ""},
    Spelling{"pool_timeout", ""},
    Spelling{"pgbouncer", ""},
    Spelling{"prepareThreshold", ""},
};

struct Foreign {
  std::string_view prefix;
  std::string_view hint;
};

constexpr std::array kForeign{
    Foreign{"x-migrations-table", "name the history table with --history-table instead"},
    Foreign{"x-", "it is golang-migrate's own: leave it out of the URL that dunlin gets"},
    Foreign{"currentSchema", "write options=-csearch_path%3D<schema> instead"},
    Foreign{"schema", "write options=-csearch_path%3D<schema> instead"},
    Foreign{"search_path", "write options=-csearch_path%3D<schema> instead"},
};

// `part` names what is wrong, never its value: that may be a password.
[[noreturn]] void malformed(std::string_view part = {}) {
  throw Failure(ErrorKind::usage, fmt::format("the database URL is malformed{}{}", part.empty() ? "" : ": ", part),
                "write postgres://user:password@host:5432/database, with special characters of the password "
                "percent-encoded (@ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25)");
}

bool is_libpq_keyword(std::string_view name) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> defaults(PQconndefaults(), &PQconninfoFree);
  for (const PQconninfoOption* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (name == option->keyword) return true;
  }
  return false;
}

// Whether a parameter's name may be shown: anything else may be the end of a password that holds a question mark.
bool is_plain_word(std::string_view name) {
  return name.size() < 40 &&
         std::ranges::all_of(
             name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; });
}

[[noreturn]] void unknown_parameter(std::string_view name) {
  if (!is_plain_word(name)) malformed();
  const auto* const foreign =
      std::ranges::find_if(kForeign, [&](const Foreign& row) { return name.starts_with(row.prefix); });
  throw Failure(ErrorKind::usage, fmt::format("the database URL has a parameter that dunlin does not know: {}", name),
                foreign != kForeign.end() ? std::string(foreign->hint)
                                          : "see the connection parameters of libpq for what is understood");
}

// The query part with every parameter in libpq's spelling. `suspicious`: the URL may have been cut inside its password,
// so that no part of it may be shown.
std::string translate_query(std::string_view query, bool suspicious) {
  std::string translated;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = part.find('=');
    if (part.empty()) continue;
    if (equals == std::string_view::npos) malformed("behind its ? there is a parameter without a =");
    std::string name(part.substr(0, equals));
    std::string_view value = part.substr(equals + 1);
    const auto* const spelling =
        std::ranges::find_if(kSpellings, [&](const Spelling& row) { return row.theirs == name; });
    if (spelling != kSpellings.end()) {
      if (spelling->libpq.empty()) continue;
      name = spelling->libpq;
    } else if (name == "ssl") {
      // JDBC and libpq both take ssl=true; JDBC means a verified server by it.
      name = "sslmode";
      value = value == "true" ? "verify-full" : "prefer";
    } else if (!is_libpq_keyword(name)) {
      if (suspicious) malformed();
      unknown_parameter(name);
    }
    translated += fmt::format("{}{}={}", translated.empty() ? "" : "&", name, value);
  }
  return translated;
}

// libpq's URI for any of the URL spellings; empty for the keyword form.
std::string to_uri(std::string_view url) {
  if (url.starts_with("jdbc:")) url.remove_prefix(5);
  const auto scheme_end = url.find(':');
  if (scheme_end == std::string_view::npos) return {};
  const std::string_view scheme = url.substr(0, scheme_end);
  if (std::ranges::find(kSchemes, scheme) == kSchemes.end()) return {};
  std::string_view rest = url.substr(scheme_end + 1);
  const bool authority = rest.starts_with("//");
  if (authority) rest.remove_prefix(2);
  const auto question = rest.find('?');
  const std::string_view place = rest.substr(0, question);
  const std::string_view query = question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  const bool suspicious = place.find('@') == std::string_view::npos && query.find('@') != std::string_view::npos;
  const std::string translated = translate_query(query, suspicious);
  return fmt::format("postgresql://{}{}{}{}", authority ? "" : "/", place, translated.empty() ? "" : "?", translated);
}

void check_ssl_mode(const Parameters& parameters) {
  constexpr std::array<std::string_view, 6> modes{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
  const std::string mode = parameters.get("sslmode");
  if (mode.empty() || std::ranges::find(modes, mode) != modes.end()) return;
  std::string near;
  for (const char c : mode) near += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool known = std::ranges::find(modes, near) != modes.end();
  throw Failure(ErrorKind::usage, "the database URL's sslmode is none that libpq knows",
                known ? fmt::format("write sslmode={}", near)
                      : "use one of disable, allow, prefer, require, verify-ca, verify-full");
}

// Where libpq itself does not look, or looks only when it connects: a setting that is wrong is no database that is
// away.
void check_numbers(const Parameters& parameters) {
  const auto number = [](std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = problem == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
  };
  // Not shown: where the host is missing, what stands in its place may be a password of digits.
  const std::string ports = parameters.get("port");
  for (std::size_t begin = 0; begin <= ports.size();) {
    const std::size_t end = std::min(ports.find(',', begin), ports.size());
    const int port = end > begin ? number(std::string_view(ports).substr(begin, end - begin)).value_or(0) : 1;
    if (port < 1 || port > 65'535) {
      throw Failure(ErrorKind::usage, "the database URL cannot be understood: its port is none",
                    "ports are numbers from 1 to 65535");
    }
    begin = end + 1;
  }
  const std::string timeout = parameters.get("connect_timeout");
  if (!timeout.empty() && !number(timeout)) {
    throw Failure(ErrorKind::usage,
                  "the database URL cannot be understood: its connect_timeout is no number of seconds",
                  "write connect_timeout=10, or give --connect-timeout 10s");
  }
}

// Parameters that libpq's messages show: files, and the name of a service.
constexpr std::array kShown{"service", "passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"};

// "user:password@host", as far as one can tell.
bool may_hold_login(const std::string& value) {
  const auto colon = value.find(':');
  return colon != std::string::npos && value.find('@', colon) != std::string::npos;
}

// An unencoded @ or / in a password moves the rest of it into the host, the port or the database name, an unencoded ?
// before it all of it into a parameter, and so does libpq's keyword form behind a scheme: a later message would show
// it.
void check_no_stray_password(const Parameters& parameters) {
  const std::string port = parameters.get("port");
  const bool port_ok = std::ranges::all_of(port, [](char c) { return (c >= '0' && c <= '9') || c == ','; });
  // An abstract socket's name begins with an @.
  const std::string host = parameters.get("host");
  const bool at_sign = host.find('@', host.starts_with('@') ? 1 : 0) != std::string::npos ||
                       parameters.get("dbname").find('@') != std::string::npos;
  const bool keywords = std::ranges::any_of(std::array{"user", "host", "dbname"}, [&](const char* name) {
    return parameters.get(name).find("password=") != std::string::npos;
  });
  const bool login =
      std::ranges::any_of(kShown, [&](const char* name) { return may_hold_login(parameters.get(name)); });
  // A directory of sockets may have a space in its name.
  const bool space = !host.starts_with('/') && !host.starts_with('@') &&
                     std::ranges::any_of(host, [](unsigned char c) { return std::isspace(c) != 0; });
  if (at_sign) malformed("there is an @ in its host or its database name");
  if (!port_ok) malformed("what stands in the place of its port is no number");
  if (space) malformed("there is a space in its host");
  if (keywords || login) malformed();
}

}  // namespace

Parameters parse_url(const std::string& url) {
  const std::string uri = to_uri(url);
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(uri.empty() ? url.c_str() : uri.c_str(), &message), &PQconninfoFree);
  // libpq's own message quotes the part it stumbled on, which may be the password.
  PQfreemem(message);
  if (!options) malformed();
  Parameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') parameters.set(option->keyword, option->val);
  }
  check_no_stray_password(parameters);
  check_numbers(parameters);
  check_ssl_mode(parameters);
  return parameters;
}

ServerInfo describe(const Parameters& parameters) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> defaults(PQconndefaults(), &PQconninfoFree);
  const auto value = [&](std::string_view keyword) {
    if (std::string given = parameters.get(keyword); !given.empty()) return given;
    for (const PQconninfoOption* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
      if (keyword == option->keyword && option->val != nullptr) return std::string(option->val);
    }
    return std::string();
  };
  ServerInfo info;
  info.product = "PostgreSQL";
  info.user = value("user");
  info.database = value("dbname");
  if (info.database.empty()) info.database = info.user;
  std::string hosts = value("host");
  if (hosts.empty()) hosts = value("hostaddr");
  if (parameters.has("service") && hosts.empty()) {
    info.location = fmt::format("service {}", parameters.get("service"));
    return info;
  }
  std::string ports = value("port");
  std::string_view host_list = hosts;
  std::string_view port_list = ports;
  std::string_view port;
  do {
    const std::string_view host = host_list.substr(0, host_list.find(','));
    host_list.remove_prefix(std::min(host.size() + 1, host_list.size()));
    if (!port_list.empty()) {
      port = port_list.substr(0, port_list.find(','));
      port_list.remove_prefix(std::min(port.size() + 1, port_list.size()));
    }
    if (port.empty()) port = "5432";
    if (!info.location.empty()) info.location += ',';
    if (host.empty()) {
      info.location += fmt::format("the local socket, port {}", port);
    } else if (host.starts_with('/') || host.starts_with('@')) {
      info.location += host;
    } else {
      info.location +=
          fmt::format(fmt::runtime(host.find(':') != std::string_view::npos ? "[{}]:{}" : "{}:{}"), host, port);
    }
  } while (!host_list.empty());
  return info;
}

}  // namespace dunlin::postgres
