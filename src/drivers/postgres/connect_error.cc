#include "drivers/postgres/connect_error.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace dunlin::postgres {
namespace {

constexpr std::string_view kWaitHint = "if it is still starting: dunlin wait --for reachable";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The server's sentence behind the SQLSTATE, else the first line of what libpq says of the last host that it tried:
// what follows that line explains it. Without its "connection to server ... failed:".
std::string last_words(std::string_view text, const std::string& sqlstate) {
  if (!sqlstate.empty()) {
    text.remove_prefix(text.find(" " + sqlstate + ": ") + sqlstate.size() + 3);
    return std::string(text.substr(0, text.find('\n')));
  }
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string_view said;
  bool of_host = false;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool begins = line.starts_with("connection to server ") || line.starts_with("could not translate host name");
    const bool explains = line.starts_with('\t') || (of_host && !begins);
    if (explains && !said.empty()) continue;
    of_host = of_host || begins;
    if (const auto failed = line.find(" failed: "); begins && failed != std::string_view::npos) {
      line.remove_prefix(failed + 9);
    }
    while (line.starts_with('\t') || line.starts_with(' ')) line.remove_prefix(1);
    said = line;
  }
  return std::string(said);
}

struct Words {
  std::string message;
  std::string hint;
};

Words refusal(const std::string& sqlstate, const ServerInfo& at, const std::string& said, bool needs_password) {
  if (sqlstate == "28P01") {
    return {fmt::format("the password of user \"{}\" was refused by {}", at.user, at.location),
            "check the password in the database URL, PGPASSWORD or ~/.pgpass"};
  }
  if (needs_password) {
    return {fmt::format("{} asks for a password for user \"{}\" and none was given", at.location, at.user),
            "put it into the database URL, PGPASSWORD or ~/.pgpass"};
  }
  if (sqlstate == "28000" && contains(said, "pg_hba.conf")) {
    return {fmt::format("{} lets user \"{}\" not into database \"{}\" from here: {}", at.location, at.user, at.database,
                        said),
            "add a line for this user, database and address to the server's pg_hba.conf; if it says \"no encryption\", "
            "use sslmode=require"};
  }
  if (sqlstate == "28000") {
    // One code for both, and a sentence in the server's language.
    const std::string create = fmt::format("create it: CREATE ROLE \"{}\" LOGIN", at.user);
    const std::string alter = fmt::format("ALTER ROLE \"{}\" LOGIN", at.user);
    return {fmt::format("{} has no role \"{}\" that may log in: {}", at.location, at.user, said),
            contains(said, "not permitted to log in") ? alter
            : contains(said, "does not exist")        ? create
                                                      : create + ", or where it exists: " + alter};
  }
  if (sqlstate == "3D000") {
    return {fmt::format("database \"{}\" does not exist on {}", at.database, at.location), "create it: dunlin create"};
  }
  if (sqlstate == "53300") {
    return {fmt::format("{} has no connection left: {}", at.location, said),
            "close idle connections, or raise max_connections or the role's CONNECTION LIMIT"};
  }
  if (sqlstate == "57P03") {
    return {fmt::format("{} does not take connections now: {}", at.location, said), std::string(kWaitHint)};
  }
  if (sqlstate == "55000" && contains(said, "not currently accepting connections")) {
    return {
        fmt::format("database \"{}\" takes no connections: {}", at.database, said),
        fmt::format("ALTER DATABASE \"{}\" ALLOW_CONNECTIONS true;  from another database of the server", at.database)};
  }
  if (sqlstate == "42501") {
    return {fmt::format("user \"{}\" may not connect to database \"{}\": {}", at.user, at.database, said),
            fmt::format("GRANT CONNECT ON DATABASE \"{}\" TO \"{}\"", at.database, at.user)};
  }
  return {fmt::format("{} refused the connection: {}", at.location, said), {}};
}

Words unreachable(std::string_view text, const ServerInfo& at, const std::string& said, bool needs_password) {
  if (needs_password) return refusal({}, at, said, true);
  if (contains(text, "could not translate host name")) {
    return {fmt::format("the host name in {} does not resolve: {}", at.location, said),
            "check the host in the database URL, and the name service of this machine or container"};
  }
  if (contains(text, "certificate verify failed") || contains(text, "server certificate for") ||
      contains(text, "root certificate file") || contains(text, "certificate file")) {
    return {fmt::format("the TLS certificate of {} could not be verified: {}", at.location, said),
            "set sslrootcert to the certificate of the authority that signed it, and use the name it was made for"};
  }
  if (contains(text, "server does not support SSL")) {
    return {fmt::format("{} does not offer TLS, and sslmode asks for it", at.location),
            "turn ssl on at the server, or use sslmode=prefer where the network is trusted"};
  }
  if (contains(text, "invalid response to SSL negotiation") || contains(text, "expected authentication request")) {
    return {fmt::format("what answers at {} is not PostgreSQL", at.location),
            "check host and port in the database URL"};
  }
  if (contains(text, "SSL error") || contains(text, "SSL SYSCALL error")) {
    return {fmt::format("the TLS handshake with {} failed: {}", at.location, said),
            "check sslmode and the certificates"};
  }
  if (contains(text, "GSSAPI")) {
    return {fmt::format("{} wants a Kerberos login: {}", at.location, said),
            "get a ticket with kinit, or name a key file: KRB5_CLIENT_KTNAME=FILE:/path/to/keytab"};
  }
  if (contains(text, "Connection refused")) {
    return {fmt::format("nothing listens at {}: connection refused", at.location),
            fmt::format("check host and port, and that the server runs; {}", kWaitHint)};
  }
  if (contains(text, "No such file or directory")) {
    return {fmt::format("no server has its socket at {}", at.location),
            fmt::format("check that the server runs on this machine; {}", kWaitHint)};
  }
  if (contains(text, "No route to host") || contains(text, "Network is unreachable")) {
    return {fmt::format("there is no network route to {}", at.location), "check the address and the network"};
  }
  if (contains(text, "timed out") || contains(text, "timeout expired")) {
    return {fmt::format("{} did not answer", at.location), "check the address and the firewalls between"};
  }
  if (contains(text, "server closed the connection unexpectedly")) {
    return {fmt::format("{} closed the connection before it answered", at.location),
            fmt::format("check that a PostgreSQL server listens there, and read its log; {}", kWaitHint)};
  }
  if (contains(text, "session is read-only") || contains(text, "session is not read-only")) {
    return {fmt::format("none of {} takes writes: {}", at.location, said),
            "name the primary in the database URL, or wait for the failover to end: dunlin wait --for reachable"};
  }
  return {fmt::format("cannot connect to {}: {}", at.location, said), {}};
}

// What libpq finds wrong with the settings themselves, before it tries anything: waiting changes nothing about it.
bool is_about_settings(std::string_view text) {
  constexpr std::array<std::string_view, 7> kSaid{"invalid port number",
                                                  "invalid integer value",
                                                  "could not match ",
                                                  "could not parse network address",
                                                  "invalid SSL protocol version range",
                                                  "definition of service",
                                                  "service file"};
  const bool value = text.starts_with("invalid ") && contains(text, " value: \"");
  return value || std::ranges::any_of(kSaid, [&](std::string_view said) { return contains(text, said); });
}

Words bad_settings(std::string_view text, const std::string& said) {
  return {fmt::format("the database URL cannot be understood: {}", said),
          contains(text, "port number") ? "ports are numbers from 1 to 65535, one for all hosts or one for each"
                                        : "correct the URL, or the PG... variables that libpq reads beside it"};
}

}  // namespace

std::string sqlstate_in(std::string_view text) {
  for (std::size_t colon = text.find(": "); colon != std::string_view::npos; colon = text.find(": ", colon + 1)) {
    std::string_view code = text.substr(colon + 2);
    while (code.starts_with(' ')) code.remove_prefix(1);
    if (code.size() < 7 || code[5] != ':' || code[6] != ' ') continue;
    code = code.substr(0, 5);
    if (std::ranges::all_of(code, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }) &&
        std::ranges::any_of(code, [](char c) { return c >= '0' && c <= '9'; })) {
      return std::string(code);
    }
  }
  return {};
}

Error connect_error(std::string_view text, const ServerInfo& target, bool needs_password) {
  Error error;
  error.kind = ErrorKind::connect;
  error.sqlstate = sqlstate_in(text);
  const std::string said = last_words(text, error.sqlstate);
  const bool settings = error.sqlstate.empty() && is_about_settings(text);
  if (settings) error.kind = ErrorKind::config;
  Words words = settings                 ? bad_settings(text, said)
                : error.sqlstate.empty() ? unreachable(text, target, said, needs_password)
                                         : refusal(error.sqlstate, target, said, needs_password);
  error.message = std::move(words.message);
  error.hint = std::move(words.hint);
  return error;
}

Error connect_timeout_error(const ServerInfo& target, std::chrono::milliseconds waited) {
  Error error;
  error.kind = ErrorKind::connect;
  error.message = fmt::format("{} did not answer within {} ms", target.location, waited.count());
  error.hint = "check the address and the firewalls between; a longer limit: --connect-timeout 30s";
  return error;
}

}  // namespace dunlin::postgres
