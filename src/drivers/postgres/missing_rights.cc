#include "drivers/postgres/missing_rights.h"

#include <cctype>

#include <fmt/format.h>

#include "drivers/postgres/exchange.h"
#include "sql/quote.h"

namespace dunlin::postgres {
namespace {

// Of the history table (null where there is none): may it be written to, its owner, are we one of the owner's. Of the
// schema: may something be made in it, its owner; public belongs to pg_database_owner, who is the database's owner. Of
// us: may something be made anywhere, are we in other roles, whose rights SET ROLE could bring.
std::string rights_sql(const TableName& history) {
  const std::string name = sql::quote_name(Dialect::postgres, history);
  return fmt::format(
      "SELECT pg_catalog.has_table_privilege(h.oid, 'INSERT'), pg_catalog.pg_get_userbyid(h.relowner), "
      "pg_catalog.pg_has_role(h.relowner, 'MEMBER'), pg_catalog.has_schema_privilege(n.oid, 'CREATE'), "
      "CASE WHEN o.rolname::pg_catalog.text OPERATOR(pg_catalog.=) 'pg_database_owner'::pg_catalog.text "
      "THEN pg_catalog.pg_get_userbyid(d.datdba) ELSE o.rolname END, "
      "pg_catalog.has_database_privilege(d.oid, 'CREATE') OR EXISTS (SELECT FROM pg_catalog.pg_namespace s WHERE "
      "s.nspname::pg_catalog.text OPERATOR(pg_catalog.!~) '^pg_' AND pg_catalog.has_schema_privilege(s.oid, "
      "'CREATE')), "
      "EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) "
      "m.member WHERE r.rolname OPERATOR(pg_catalog.=) SESSION_USER), CURRENT_USER "
      "FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles o ON o.oid OPERATOR(pg_catalog.=) n.nspowner "
      "JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() "
      "LEFT JOIN pg_catalog.pg_class h ON h.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({}) "
      "WHERE n.nspname OPERATOR(pg_catalog.=) {}",
      sql::quote_text(Dialect::postgres, name), sql::quote_text(Dialect::postgres, history.schema));
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~").find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string url_for(const ServerInfo& server, const std::string& user) {
  const std::string name = percent_encoded(user);
  const std::string database = percent_encoded(server.database);
  const bool socket = server.location.starts_with('/') || server.location.starts_with('@');
  if (socket) return fmt::format("postgres://{}@/{}?host={}", name, database, percent_encoded(server.location));
  return fmt::format("postgres://{}@{}/{}", name, server.location, database);
}

}  // namespace

std::optional<MissingRights> find_missing_rights(Link& link, const TableName& history) {
  const Rows rows = ask(link, rights_sql(history));
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  const bool exists = row[0].has_value();
  MissingRights lacking;
  if (exists && row[0] == "f") {
    lacking.reason = fmt::format("may not write to {}", history.name);
  } else if (!exists && row[3] == "f") {
    lacking.reason = fmt::format("may not make tables in schema \"{}\"", history.schema);
  } else if (exists && row[2] == "f" && row[5] == "f" && row[6] == "f") {
    lacking.reason = "may make nothing in this database";
    lacking.rows_only = true;
  } else {
    return std::nullopt;
  }
  lacking.owner = row[exists ? 1 : 4].value_or("");
  lacking.owner_url = url_for(link.server, lacking.owner);
  return lacking;
}

}  // namespace dunlin::postgres
