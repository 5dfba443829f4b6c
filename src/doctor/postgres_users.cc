// What the two users of a PostgreSQL database may do, and how they reach it.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "doctor/checks.h"
#include "sql/quote.h"

namespace dunlin::doctor {
namespace {

std::string name_of(const auto& name) {
  return sql::quote_name(Dialect::postgres, name);
}

std::string text_of(std::string_view text) {
  return sql::quote_text(Dialect::postgres, text);
}

const std::string& column(const Row& row, std::size_t index) {
  static const std::string kNone;
  return row.at(index) ? *row[index] : kNone;
}

// "a, b, c and 4 more"
std::string listed(const Rows& rows, std::size_t index) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i) text += (i == 0 ? "" : ", ") + column(rows[i], index);
  return rows.size() > kMost ? fmt::format("{} and {} more", text, rows.size() - kMost) : text;
}

// The user who migrates, as a name for a fix: by the URL, or else who owns the history. "..." where nobody knows.
std::string migrator_of(const Examination& at) {
  if (at.patient.migration && !at.patient.one_user()) {
    const std::string user = at.patient.migration->driver->describe(at.patient.migration->url).user;
    if (!user.empty() && user != at.user()) return name_of(user);
  }
  if (at.history.exists) {
    const Rows rows =
        at.query(fmt::format("SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c WHERE c.oid = "
                             "pg_catalog.to_regclass({})",
                             text_of(name_of(at.history.name))));
    if (!rows.empty() && column(rows.front(), 0) != at.user()) return name_of(column(rows.front(), 0));
  }
  return "...";
}

bool is_superuser(const Examination& at) {
  return at.query("SELECT pg_catalog.current_setting('is_superuser')").front()[0] == "on";
}

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

// Of one owner.
void add_owned(const Examination& at, const Rows& owned) {
  const std::string& owner = column(owned.front(), 1);
  std::vector<std::string> fix;
  if (owner == at.user()) {
    std::string tables;
    for (const Row& row : owned) {
      if (row[2] == "t") tables += (tables.empty() ? "" : ", ") + column(row, 0);
    }
    fix.push_back(fmt::format("REASSIGN OWNED BY {} TO {};", name_of(owner), migrator_of(at)));
    if (!tables.empty()) {
      fix.push_back(fmt::format("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {};", tables, name_of(owner)));
    }
    const std::string history = name_of(at.history.name);
    if (at.history.exists && std::ranges::any_of(owned, [](const Row& row) { return row[2] == "h"; })) {
      fix.push_back(fmt::format("GRANT SELECT ON {} TO {};", history, name_of(owner)));
    }
  } else {
    fix.push_back(fmt::format("REVOKE {} FROM {};", name_of(owner), name_of(at.user())));
  }
  at.add(Section::users, Level::error, "application-ddl",
         fmt::format("\"{}\" may alter and drop {}, which belong{} to \"{}\"", at.user(), listed(owned, 0),
                     owned.size() == 1 ? "s" : "", owner),
         std::move(fix));
}

void look_for_ddl_of_application(const Examination& at) {
  if (at.duty == Duty::both || is_superuser(at)) return;
  bool well = true;
  // Through PUBLIC, to the user itself, or through a role that it is in.
  const Rows schemas = at.query(
      "SELECT n.nspname, EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', "
      "n.nspowner))) x WHERE x.grantee = 0 AND x.privilege_type = 'CREATE'), (SELECT "
      "pg_catalog.pg_get_userbyid(x.grantee) "
      "FROM pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) x WHERE x.grantee <> 0 "
      "AND "
      "x.privilege_type = 'CREATE' AND pg_catalog.pg_has_role(x.grantee, 'USAGE') LIMIT 1) "
      "FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND "
      "pg_catalog.has_schema_privilege(n.oid, 'CREATE') ORDER BY 1");
  for (const Row& row : schemas) {
    well = false;
    const std::string from = row[1] == "t" ? "PUBLIC" : name_of(row[2].value_or(at.user()));
    at.add(Section::users, Level::error, "application-ddl",
           fmt::format("\"{}\" may make tables in schema \"{}\"{}", at.user(), column(row, 0),
                       row[1] == "t" ? ", as everybody may" : ""),
           {fmt::format("REVOKE CREATE ON SCHEMA {} FROM {};", name_of(column(row, 0)), from)});
  }
  const Rows database = at.query(
      "SELECT EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) x "
      "WHERE x.grantee = 0 AND x.privilege_type = 'CREATE'), (SELECT pg_catalog.pg_get_userbyid(x.grantee) FROM "
      "pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) x WHERE x.grantee <> 0 AND "
      "x.privilege_type = 'CREATE' AND pg_catalog.pg_has_role(x.grantee, 'USAGE') LIMIT 1) FROM "
      "pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database() AND "
      "pg_catalog.has_database_privilege(d.oid, 'CREATE')");
  for (const Row& row : database) {
    well = false;
    const std::string grantee = row[1].value_or(at.user());
    const std::string through = grantee == at.user() ? "" : fmt::format(", through \"{}\"", grantee);
    at.add(Section::users, Level::error, "application-ddl",
           fmt::format("\"{}\" may make schemas in this database{}", at.user(),
                       row[0] == "t" ? ", as everybody may" : through),
           {fmt::format("REVOKE CREATE ON DATABASE {} FROM {};", name_of(at.session.server().database),
                        row[0] == "t" ? "PUBLIC" : name_of(grantee))});
  }
  const Rows owned = at.query(fmt::format(
      "SELECT o.what, pg_catalog.pg_get_userbyid(o.owner), o.is_table FROM ("
      "SELECT 1 AS place, c.oid::pg_catalog.regclass::pg_catalog.text AS what, c.relowner AS owner, CASE c.oid "
      "WHEN pg_catalog.to_regclass({}) THEN 'h' ELSE 't' END AS is_table FROM pg_catalog.pg_class c WHERE "
      "c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' UNION ALL "
      "SELECT 2, 'sequence ' || c.oid::pg_catalog.regclass::pg_catalog.text, c.relowner, '' FROM "
      "pg_catalog.pg_class c WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM "
      "pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')) UNION ALL "
      "SELECT 3, 'function ' || p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proowner, '' FROM "
      "pg_catalog.pg_proc p UNION ALL "
      "SELECT 4, 'type ' || pg_catalog.format_type(t.oid, NULL), t.typowner, '' FROM pg_catalog.pg_type t LEFT JOIN "
      "pg_catalog.pg_class c ON c.oid = t.typrelid WHERE t.typtype IN ('c', 'd', 'e', 'r') AND (c.oid IS NULL OR "
      "c.relkind = 'c')) o WHERE pg_catalog.pg_has_role(o.owner, 'MEMBER') ORDER BY o.owner, o.place, o.what",
      at.history.name.name.empty() ? "NULL" : text_of(name_of(at.history.name))));
  Rows of_one;
  for (std::size_t i = 0; i < owned.size(); ++i) {
    of_one.push_back(owned[i]);
    if (i + 1 < owned.size() && owned[i + 1][1] == owned[i][1]) continue;
    well = false;
    add_owned(at, of_one);
    of_one.clear();
  }
  if (well)
    at.add(Section::users, Level::ok, "application-ddl",
           fmt::format("\"{}\" can make, alter and drop nothing", at.user()));
}

void look_what_application_reads(const Examination& at) {
  if (at.duty == Duty::both || !at.history.exists || is_superuser(at)) return;
  const std::string table = name_of(at.history.name);
  const std::string user = name_of(at.user());
  const Row rights = at.query(fmt::format("SELECT pg_catalog.has_table_privilege({0}, 'SELECT'), "
                                          "pg_catalog.has_table_privilege({0}, 'INSERT, UPDATE, DELETE, TRUNCATE')",
                                          text_of(table)))
                         .front();
  if (rights[0] != "t") {
    at.add(Section::users, Level::warning, "application-history",
           fmt::format("\"{}\" may not read {}: its info and wait, and its health checks, fail", at.user(),
                       at.history.name.name),
           {fmt::format("GRANT SELECT ON {} TO {};", table, user)});
  } else if (rights[1] == "t") {
    at.add(Section::users, Level::warning, "application-history",
           fmt::format("\"{}\" may write to {}", at.user(), at.history.name.name),
           {fmt::format("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {};", table, user)});
  } else {
    at.add(Section::users, Level::ok, "application-history", fmt::format("\"{}\" reads it and no more", at.user()));
  }
  const Rows closed = at.query(fmt::format(
      "SELECT c.oid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p') AND "
      "c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = {}) AND NOT "
      "pg_catalog.has_table_privilege(c.oid, 'SELECT') AND c.relname <> {} AND NOT EXISTS (SELECT FROM "
      "pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1",
      text_of(at.history.name.schema), text_of(at.history.name.name)));
  if (closed.empty()) return;
  at.add(Section::users, Level::note, "application-tables",
         fmt::format("\"{}\" may not read {}", at.user(), listed(closed, 0)),
         {fmt::format("if it should: GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {};", column(closed.front(), 0),
                      user)});
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
  if (!strange.empty()) return;
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
    Check{"application-ddl", Over::application, &look_for_ddl_of_application},
    Check{"application-history", Over::application, &look_what_application_reads},
    Check{"tls", Over::every_user, &look_at_encryption},
};

}  // namespace

std::span<const Check> postgres_user_checks() {
  return kChecks;
}

}  // namespace dunlin::doctor
