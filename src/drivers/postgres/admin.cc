#include "drivers/postgres/admin.h"

#include <fmt/format.h>

#include "drivers/postgres/child_process.h"
#include "drivers/postgres/dump_text.h"
#include "drivers/postgres/exchange.h"
#include "drivers/postgres/url.h"
#include "sql/mask.h"
#include "sql/quote.h"

namespace dunlin::postgres {
namespace {

// A database to be connected to while the one that is meant does not exist, or is to be dropped.
std::unique_ptr<Link> open_maintenance(const Parameters& parameters, const std::string& database,
                                       const SessionOptions& options) {
  Parameters elsewhere = parameters;
  elsewhere.set("dbname", database == "postgres" ? "template1" : "postgres");
  try {
    return open_link(elsewhere, options);
  } catch (const Failure& failure) {
    if (failure.error().sqlstate != "3D000" || database == "postgres") throw;
  }
  elsewhere.set("dbname", "template1");
  return open_link(elsewhere, options);
}

bool exists(Link& link, const std::string& database) {
  return !ask(link, fmt::format("SELECT 1 FROM pg_catalog.pg_database d WHERE d.datname = {}",
                                sql::quote_text(Dialect::postgres, database)))
              .empty();
}

std::string name_of(const Parameters& parameters) {
  const std::string database = describe(parameters).database;
  if (database.empty()) {
    throw Failure(ErrorKind::usage, "the database URL names no database", "write postgres://user@host/database");
  }
  return database;
}

// A libpq connection string without what is secret.
std::string public_conninfo(const Parameters& parameters) {
  std::string text;
  for (const auto& [keyword, value] : parameters.all()) {
    if (keyword == "password") continue;
    std::string escaped;
    for (const char c : value) {
      if (c == '\'' || c == '\\') escaped += '\\';
      escaped += c;
    }
    text += fmt::format("{}{}='{}'", text.empty() ? "" : " ", keyword, escaped);
  }
  return text;
}

[[noreturn]] void dump_failed(const ChildResult& ran, const ServerInfo& server) {
  const int major = server.version / 10000;
  if (ran.errors.find("server version mismatch") != std::string::npos) {
    throw Failure(ErrorKind::io, fmt::format("pg_dump is older than the server, which is {}", server.product),
                  fmt::format("install it: apt-get install postgresql-client-{}", major));
  }
  throw Failure(ErrorKind::io,
                fmt::format("pg_dump failed: {}", sql::mask_literals(ran.errors.substr(0, ran.errors.find('\n')))));
}

Error may_not_create(const std::string& user, const std::string& database) {
  Error error;
  error.kind = ErrorKind::connect;
  error.sqlstate = "3D000";
  error.message = fmt::format("database \"{}\" does not exist, and user \"{}\" may not create it", database, user);
  error.hint = fmt::format("an administrator's dunlin create, or ALTER ROLE {} CREATEDB",
                           sql::quote_name(Dialect::postgres, user));
  return error;
}

}  // namespace

bool PostgresAdmin::create(const std::string& url, const SessionOptions& options) {
  const Parameters parameters = parse_url(url);
  const std::string database = name_of(parameters);
  const auto link = open_maintenance(parameters, database, options);
  if (exists(*link, database)) return false;
  try {
    ask(*link, "CREATE DATABASE " + sql::quote_name(Dialect::postgres, database));
  } catch (const Failure& failure) {
    if (failure.error().sqlstate == "42501") throw Failure(may_not_create(link->server.user, database));
    // Another process was quicker: the name is taken now, or was being taken.
    if (failure.error().sqlstate != "42P04" && failure.error().sqlstate != "23505") throw;
    return false;
  }
  return true;
}

void PostgresAdmin::require_right_to_create(const std::string& url, const SessionOptions& options) {
  const Parameters parameters = parse_url(url);
  const std::string database = name_of(parameters);
  const auto link = open_maintenance(parameters, database, options);
  const bool may =
      !ask(*link,
           "SELECT 1 FROM pg_catalog.pg_roles r WHERE r.rolname = current_user AND (r.rolcreatedb OR r.rolsuper)")
           .empty();
  if (may) return;
  throw Failure(ErrorKind::safety,
                fmt::format("user \"{}\" could not create database \"{}\" again: it may not create databases",
                            link->server.user, database),
                fmt::format("ALTER ROLE {} CREATEDB, or empty the schema instead of the database",
                            sql::quote_name(Dialect::postgres, link->server.user)));
}

bool PostgresAdmin::drop(const std::string& url, const SessionOptions& options, bool force) {
  const Parameters parameters = parse_url(url);
  const std::string database = name_of(parameters);
  const auto link = open_maintenance(parameters, database, options);
  if (!exists(*link, database)) return false;
  try {
    ask(*link,
        fmt::format("DROP DATABASE {}{}", sql::quote_name(Dialect::postgres, database), force ? " WITH (FORCE)" : ""));
  } catch (const Failure& failure) {
    if (failure.error().sqlstate == "3D000") return false;
    if (failure.error().sqlstate != "55006") throw;
    Error error = failure.error();
    error.message = fmt::format("database \"{}\" is in use by other sessions", database);
    error.hint = "close them, or end them with --force";
    throw Failure(std::move(error));
  }
  return true;
}

std::string PostgresAdmin::dump(const std::string& url, const SessionOptions& options) {
  const Parameters parameters = parse_url(url);
  if (parameters.has("sslpassword")) {
    throw Failure(ErrorKind::usage, "dump cannot hand the passphrase of a TLS key on to pg_dump",
                  "use a key without a passphrase for this command");
  }
  // First by ourselves: a server that cannot be reached gets our message, not pg_dump's.
  SessionOptions reading = options;
  reading.read_only = true;
  const auto link = open_link(parameters, reading);
  ChildCommand command;
  command.arguments = {"pg_dump",
                       "--schema-only",
                       "--no-owner",
                       "--no-privileges",
                       "--encoding=UTF8",
                       "--no-password",
                       "--dbname=" + public_conninfo(parameters)};
  command.environment = {{"LC_ALL", "C"}};
  if (const char* password = PQpass(link->connection.raw()); password != nullptr && *password != '\0') {
    command.environment.emplace_back("PGPASSWORD", password);
  }
  const ChildResult ran = run_child(command, options.interrupt);
  if (ran.interrupted) throw Failure(interrupted_error());
  if (!ran.started) {
    throw Failure(ErrorKind::io, "there is no pg_dump on this machine",
                  "install it: apt-get install postgresql-client");
  }
  if (ran.status != 0) dump_failed(ran, link->server);
  return steady_dump(ran.output);
}

}  // namespace dunlin::postgres
