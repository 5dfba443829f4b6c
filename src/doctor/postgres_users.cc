// Whether the migration user of a PostgreSQL database can migrate, and how both users reach it.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "doctor/checks.h"
#include "doctor/wording.h"

namespace dunlin::doctor {
namespace {

void look_whether_users_differ(const Examination& at) {
  if (at.duty == Duty::migration) return;
  if (at.duty == Duty::both) {
    at.add(Section::users, Level::note, "two-users",
           fmt::format("\"{}\" migrates and runs the application: whoever gets into one gets into both", at.user()),
           {"a user each: MIGRATION_DATABASE_URL for dunlin migrate, DATABASE_URL for the application"});
    return;
  }
  const Rows rows = at.query(
      "SELECT r.rolsuper, r.rolcreaterole, r.rolcreatedb FROM pg_catalog.pg_roles r WHERE r.rolname = SESSION_USER");
  constexpr std::array kAttributes{"SUPERUSER", "CREATEROLE", "CREATEDB"};
  for (std::size_t i = 0; i < kAttributes.size(); ++i) {
    if (rows.front()[i] != "t") continue;
    at.add(Section::users, i == 0 ? Level::error : Level::warning, "application-ddl",
           fmt::format("\"{}\" has the attribute {}", at.user(), kAttributes.at(i)),
           {fmt::format("ALTER ROLE {} NO{};", name_of(at.user()), kAttributes.at(i))});
    if (i == 0) return;
  }
}

// Where what names no schema is made, and where the history is. Says whether it is well.
bool look_where_things_are_made(const Examination& at) {
  // Who may SET ROLE to one that has the right has it, too.
  const Rows closed = at.query(fmt::format(
      "SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname IN ({}, {}) AND NOT "
      "pg_catalog.has_schema_privilege(n.oid, 'CREATE') AND NOT EXISTS (SELECT FROM "
      "pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) x WHERE x.privilege_type = "
      "'CREATE' AND x.grantee <> 0 AND pg_catalog.pg_has_role(x.grantee, 'MEMBER')) ORDER BY 1",
      text_of(at.history.name.schema), text_of(at.schema)));
  for (const Row& row : closed) {
    // With a history elsewhere, the files may name their schemas.
    const bool both = at.schema == at.history.name.schema;
    at.add(Section::users, both ? Level::error : Level::warning, "migration-ddl",
           fmt::format("\"{}\" may not make tables in schema \"{}\"", at.user(), column(row, 0)),
           {fmt::format("GRANT USAGE, CREATE ON SCHEMA {} TO {};", name_of(column(row, 0)), name_of(at.user()))});
  }
  const std::string& database = at.session.server().database;
  if (at.query("SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')").front()[0] != "t") {
    at.add(Section::users, Level::note, "migration-schemas",
           fmt::format("\"{}\" may make no schemas in this database, and install no extensions", at.user()),
           {fmt::format("if migrations should: GRANT CREATE ON DATABASE {} TO {};", name_of(database),
                        name_of(at.user()))});
  }
  return closed.empty();
}

void look_whether_migration_user_can(const Examination& at) {
  if (at.history.name.name.empty()) return;
  if (const auto lacking = at.session.missing_rights(at.history.name)) {
    at.add(Section::users, Level::error, "migration-ddl", fmt::format("\"{}\" {}", at.user(), lacking->reason),
           {at.history.exists ? fmt::format("ALTER TABLE {} OWNER TO {};", name_of(at.history.name), name_of(at.user()))
                              : fmt::format("GRANT USAGE, CREATE ON SCHEMA {} TO {};", name_of(at.history.name.schema),
                                            name_of(at.user()))});
    return;
  }
  const bool makes_tables = look_where_things_are_made(at);
  const Rows strange = at.query(fmt::format(
      "SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner), CASE c.relkind WHEN "
      "'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END FROM "
      "pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = (SELECT n.oid FROM "
      "pg_catalog.pg_namespace n WHERE n.nspname = {}) AND NOT pg_catalog.pg_has_role(c.relowner, 'MEMBER') AND NOT "
      "EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 2, 1",
      text_of(at.history.name.schema)));
  Rows of_one;
  for (std::size_t i = 0; i < strange.size(); ++i) {
    of_one.push_back(strange[i]);
    if (i + 1 < strange.size() && strange[i + 1][1] == strange[i][1]) continue;
    std::vector<std::string> fix;
    for (const Row& row : of_one) {
      fix.push_back(fmt::format("ALTER {} {} OWNER TO {};", column(row, 2), column(row, 0), name_of(at.user())));
    }
    at.add(Section::users, Level::warning, "migration-owner",
           fmt::format("\"{}\" cannot alter {}: owned by \"{}\"", at.user(), listed(of_one, 0), column(strange[i], 1)),
           std::move(fix));
    of_one.clear();
  }
  if (!strange.empty() || !makes_tables) return;
  at.add(Section::users, Level::ok, "migration-ddl", fmt::format("\"{}\" can migrate", at.user()));
}

// What other owners have that the migration user stands in for: default privileges do not cover it, and where a file
// has granted or revoked on it, nothing is added.
bool look_what_grants_miss(const Examination& at) {
  std::vector<std::string> fix;
  std::string message;
  for (const RoleGrant& grant : at.patient.project->grants) {
    const Rows missed = at.query(fmt::format(
        "SELECT c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner) FROM "
        "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
        "('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> "
        "'information_schema' AND pg_catalog.pg_get_userbyid(c.relowner) <> CURRENT_USER AND "
        "pg_catalog.pg_has_role(c.relowner, 'MEMBER') AND NOT pg_catalog.has_table_privilege({}, c.oid, 'SELECT') AND "
        "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1",
        text_of(grant.role)));
    if (missed.empty()) continue;
    message = fmt::format("[grants] of dunlin.toml miss {} of {}: \"{}\" may not read it", listed(missed, 0),
                          column(missed.front(), 1), grant.role);
    std::string all;
    for (const Row& row : missed) all += (all.empty() ? "" : ", ") + column(row, 0);
    fix.push_back(fmt::format("if they should: GRANT {} ON {} TO {};",
                              grant.access == RoleAccess::read ? "SELECT" : "SELECT, INSERT, UPDATE, DELETE", all,
                              name_of(grant.role)));
  }
  if (fix.empty()) return false;
  at.add(Section::users, Level::note, "grants", std::move(message), std::move(fix));
  return true;
}

void look_at_grants(const Examination& at) {
  if (!at.patient.project || at.patient.project->grants.empty() || at.history.name.name.empty()) return;
  try {
    const GrantScript script = at.patient.project->grant_script(at.session, at.history.name);
    if (script.in_place) {
      if (look_what_grants_miss(at)) return;
      at.add(Section::users, Level::ok, "grants", "[grants] of dunlin.toml are in place");
    } else {
      at.add(Section::users, Level::note, "grants", "[grants] of dunlin.toml are not in place yet",
             {"the next dunlin migrate that applies something makes them"});
    }
  } catch (const Failure& failure) {
    at.add_error(Section::users, "grants", failure.error());
  }
}

bool is_near(const std::string& location) {
  return location.starts_with('/') || location.starts_with('@') || location.starts_with("127.") ||
         location.starts_with("localhost:") || location.starts_with("[::1]");
}

void look_at_encryption(const Examination& at) {
  const std::string& place = at.session.server().location;
  const Rows rows = at.query(
      "SELECT s.ssl, s.version, s.cipher FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()");
  if (!rows.empty() && rows.front()[0] == "t") {
    at.add(Section::users, Level::ok, "tls", fmt::format("{}, {}", column(rows.front(), 1), column(rows.front(), 2)));
  } else if (is_near(place)) {
    at.add(Section::users, Level::ok, "tls", "not used, and not needed: the server is on this machine");
  } else {
    at.add(Section::users, Level::warning, "tls",
           fmt::format("\"{}\" and its password's exchange cross the network in the clear", at.user()),
           {"sslmode=verify-full and sslrootcert=... in the URL; ssl = on at the server"});
  }
}

void look_at_timeouts(const Examination& at) {
  const Rows rows = at.query(
      "SELECT s.setting, s.setrole <> 0, s.setdatabase <> 0 FROM (SELECT d.setrole, d.setdatabase, "
      "pg_catalog.unnest(d.setconfig) AS setting FROM pg_catalog.pg_db_role_setting d WHERE d.setrole IN "
      "(0::pg_catalog.oid, (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = SESSION_USER)) AND "
      "d.setdatabase IN (0::pg_catalog.oid, (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = "
      "pg_catalog.current_database()))) s WHERE s.setting ~ "
      "'^(statement_timeout|transaction_timeout|idle_in_transaction_session_timeout)=[1-9]'");
  const std::string role = name_of(at.user());
  const std::string database = name_of(at.session.server().database);
  for (const Row& row : rows) {
    const std::string& setting = column(row, 0);
    const std::string of_role = "ROLE " + (row[1] == "t" ? role : "ALL");
    const std::string whose = row[1] != "t" && row[2] == "t" ? "DATABASE " + database
                              : row[2] == "t"                ? of_role + " IN DATABASE " + database
                                                             : of_role;
    at.add(
        Section::users, Level::note, "timeouts",
        fmt::format("\"{}\" has {}; dunlin sets its own, other tools under this user are cut off", at.user(), setting),
        {fmt::format("ALTER {} RESET {};", whose, setting.substr(0, setting.find('=')))});
  }
}

constexpr std::array kChecks{
    Check{"two-users", Over::every_user, &look_whether_users_differ},
    Check{"migration-ddl", Over::migration, &look_whether_migration_user_can},
    Check{"timeouts", Over::migration, &look_at_timeouts},
    Check{"grants", Over::migration, &look_at_grants},
    Check{"tls", Over::every_user, &look_at_encryption},
};

}  // namespace

std::span<const Check> postgres_user_checks() {
  return kChecks;
}

}  // namespace dunlin::doctor
