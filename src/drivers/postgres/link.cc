#include "drivers/postgres/link.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "drivers/postgres/exchange.h"
#include "drivers/postgres/identity.h"
#include "sql/quote.h"

namespace dunlin::postgres {
namespace {

Parameters with_defaults(Parameters parameters, const SessionOptions& options) {
  parameters.set("client_encoding", "UTF8");
  parameters.set_default("fallback_application_name", "dunlin");
  parameters.set_default("keepalives_idle", "30");
  parameters.set_default("keepalives_interval", "10");
  parameters.set_default("keepalives_count", "3");
  parameters.set_default("tcp_user_timeout", "60000");
  // Of several hosts a run needs the one that takes writes; reading works on any.
  const auto names_several = [&](const char* name) { return parameters.get(name).find(',') != std::string::npos; };
  const bool several = names_several("host") || names_several("hostaddr");
  if (several && !options.read_only) parameters.set_default("target_session_attrs", "read-write");
  return parameters;
}

std::chrono::milliseconds patience(const Parameters& parameters, const SessionOptions& options) {
  const int in_url = std::atoi(parameters.get("connect_timeout").c_str());
  return in_url > 0 ? std::chrono::seconds(in_url) : options.connect_timeout;
}

// Poolers refuse startup options (08P01, 0A000), older servers some of the names in them (42704, 22023).
bool refused_because_of_options(const Error& error) {
  constexpr std::array<std::string_view, 4> states{"08P01", "0A000", "42704", "22023"};
  return std::ranges::find(states, error.sqlstate) != states.end();
}

std::string place_of(PGconn* connection) {
  const std::string host = PQhost(connection) != nullptr ? PQhost(connection) : "";
  if (host.starts_with('/') || host.starts_with('@')) return host;
  const bool address_v6 = host.find(':') != std::string::npos;
  return address_v6 ? fmt::format("[{}]:{}", host, PQport(connection)) : fmt::format("{}:{}", host, PQport(connection));
}

bool treat_as_pooled(const SessionOptions& options, std::int64_t client_sees, std::int64_t server_says) {
  if (options.pooler == "transaction") return true;
  if (options.pooler == "session") return false;
  if (!options.pooler.empty()) {
    throw Failure(ErrorKind::usage, fmt::format("unknown kind of pooler: {}", options.pooler),
                  "use --pooler transaction or --pooler session");
  }
  return client_sees != server_says;
}

void refuse_odd_strings(const Link& link) {
  const char* strings = PQparameterStatus(link.connection.raw(), "standard_conforming_strings");
  if (strings == nullptr || std::string_view(strings) != "off" || link.options.read_only) return;
  throw Failure(
      ErrorKind::config,
      fmt::format("standard_conforming_strings is off for user \"{}\" on {}: backslashes in its strings would "
                  "be read in another way than the migration files mean them",
                  link.server.user, link.server.location),
      fmt::format("ALTER ROLE {} SET standard_conforming_strings = on",
                  sql::quote_name(Dialect::postgres, link.server.user)));
}

// Everything that has to be known, in one round trip.
void look_around(Link& link) {
  const std::string sql = fmt::format(
      "SELECT pg_catalog.pg_backend_pid(), {}, pg_catalog.current_database(), SESSION_USER, "
      "pg_catalog.current_setting('{}', true), pg_catalog.current_setting('transaction_timeout', true), "
      "pg_catalog.current_setting('synchronous_commit'), pg_catalog.current_setting('role') "
      "FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a",
      started_expression("a"), kArrivedMark);
  const Rows rows = ask(link, sql);
  if (rows.empty()) throw Failure(ErrorKind::connect, "the server does not show its own process");
  const Row& row = rows.front();
  link.backend = {std::strtoll(row[0].value_or("0").c_str(), nullptr, 10), row[1].value_or("")};
  link.server.database = row[2].value_or("");
  link.server.user = row[3].value_or("");
  link.initial_authorization = link.server.user;
  link.server.version = PQserverVersion(link.connection.raw());
  link.server.product = fmt::format("PostgreSQL {}.{}", link.server.version / 10000, link.server.version % 10000);
  link.server.location = place_of(link.connection.raw());
  link.server.pooled = treat_as_pooled(link.options, PQbackendPID(link.connection.raw()), link.backend.pid);

  const std::string role = row[7].value_or("none");
  link.initial_role = role == "none" ? "NONE" : sql::quote_name(Dialect::postgres, role);

  const bool arrived = row[4] == "1";
  for (const Setting& setting : wanted_settings(link.options)) {
    if (setting.since > link.server.version) continue;
    // What is too new to be sent with the connection needs setting only where somebody has set it.
    const bool as_wanted = setting.name == "transaction_timeout" ? row[5].value_or("0") == "0" : arrived;
    if (!as_wanted) link.by_statement.push_back(setting);
  }
  // Our answer "applied" has to survive a crash of the server. Stronger settings than `on` stay.
  if (row[6] == "off") link.by_statement.push_back({"synchronous_commit", "on"});
  // A pooler hands over what its last client left, and RESET ALL goes back to its own value, not to ours.
  if (link.server.pooled) link.by_statement.push_back({"client_encoding", "UTF8"});
}

// libpq knows the URL only that was put together from several variables.
Error with_password_place(Error error, const std::string& place) {
  constexpr std::string_view kUrl = "the database URL, PGPASSWORD";
  if (const auto at = error.hint.find(kUrl); at != std::string::npos && !place.empty()) {
    error.hint.replace(at, kUrl.size(), place + ", PGPASSWORD");
  }
  return error;
}

Connection connect(const Parameters& parameters, const SessionOptions& options) {
  Parameters with_options = parameters;
  with_options.set("options", startup_options(wanted_settings(options), parameters.get("options")));
  try {
    return Connection::open(with_options, patience(parameters, options), options.interrupt);
  } catch (const Failure& failure) {
    if (!refused_because_of_options(failure.error())) {
      throw Failure(with_password_place(failure.error(), options.password_place));
    }
  }
  try {
    return Connection::open(parameters, patience(parameters, options), options.interrupt);
  } catch (const Failure& failure) {
    throw Failure(with_password_place(failure.error(), options.password_place));
  }
}

}  // namespace

std::unique_ptr<Link> open_link(const Parameters& given, const SessionOptions& options) {
  const Parameters parameters = with_defaults(given, options);
  auto link = std::make_unique<Link>(Link{connect(parameters, options), options, {}, {}, {}, "NONE", {}, {}, {}});
  if (PQenterPipelineMode(link->connection.raw()) == 0) {
    throw Failure(ErrorKind::internal, "libpq refused pipeline mode");
  }
  look_around(*link);
  refuse_odd_strings(*link);
  if (!link->server.pooled && !link->by_statement.empty()) {
    std::vector<Sent> sets;
    for (const Setting& setting : link->by_statement) sets.push_back({set_sql(setting, false), {}});
    round_trip(*link, sets).check();
  }
  if (!link->server.pooled) {
    link->monitor = std::make_unique<Monitor>(link->connection, link->backend, link->server.version);
  }
  return link;
}

}  // namespace dunlin::postgres
