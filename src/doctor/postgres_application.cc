// What the application's user may do that only the migration user should, and what it may not do that it needs.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "doctor/checks.h"
#include "doctor/memberships.h"
#include "doctor/wording.h"

namespace dunlin::doctor {
namespace {

constexpr std::string_view kDatabaseOwner = "pg_database_owner";

bool is_superuser(const Examination& at) {
  return at.query("SELECT pg_catalog.current_setting('is_superuser')").front()[0] == "on";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

std::string revoke(const Membership& membership) {
  return fmt::format("REVOKE {} FROM {};", name_of(membership.role), name_of(membership.member));
}

class DdlOfApplication {
 public:
  explicit DdlOfApplication(const Examination& at) : at_(at), roles_(at) {}

  void look() {
    look_at_database();
    look_at_schemas();
    look_at_owners();
    const bool well = !add_shared() && own_.empty();
    for (Finding& finding : own_) {
      at_.add(Section::users, Level::error, finding.check, std::move(finding.message), std::move(finding.fix));
    }
    if (well) {
      at_.add(Section::users, Level::ok, "application-ddl",
              fmt::format("\"{}\" can make, alter and drop nothing", at_.user()));
    }
  }

 private:
  // Comes through a role that is the migration user's, too.
  struct Shared {
    std::string role;
    std::string may;
    // What the application would not read any more without the role.
    std::string table;
    bool is_history = false;
  };

  void add_own(std::string message, std::vector<std::string> fix) {
    own_.push_back({.check = "application-ddl", .message = std::move(message), .fix = std::move(fix)});
  }

  std::string through(const std::string& role) const {
    return role == at_.user() ? "" : fmt::format(", through \"{}\"", role);
  }

  void look_at_database() {
    // A row without a grantee: nobody has the right. An empty one: everybody has.
    const Rows rows = at_.query(
        "SELECT DISTINCT pg_catalog.pg_get_userbyid(d.datdba), CASE x.grantee WHEN 0 THEN '' ELSE "
        "pg_catalog.pg_get_userbyid(x.grantee) END FROM pg_catalog.pg_database d LEFT JOIN LATERAL (SELECT y.grantee "
        "FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) y WHERE "
        "y.privilege_type = 'CREATE') x ON true WHERE d.datname = pg_catalog.current_database() ORDER BY 2");
    if (rows.empty()) return;
    const std::string database = name_of(at_.session.server().database);
    owner_ = column(rows.front(), 0);
    owns_database_ = roles_.user_is(owner_) && !roles_.shared(owner_);
    if (owns_database_) {
      add_own(fmt::format("\"{}\" owns this database{}, and may make schemas in it and alter it", at_.user(),
                          through(owner_)),
              {fmt::format("ALTER DATABASE {} OWNER TO {};", database, roles_.migrator_name())});
    }
    for (const Row& row : rows) {
      if (!row[1]) continue;
      const std::string& grantee = column(row, 1);
      const bool everybody = grantee.empty();
      // An owner's rights go to the next owner with the database.
      if (!everybody && (!roles_.user_is(grantee) || (owns_database_ && grantee == owner_))) continue;
      if (roles_.shared(grantee)) {
        shared_.push_back({.role = grantee, .may = "make schemas in this database", .table = {}});
        continue;
      }
      add_own(
          fmt::format("\"{}\" may make schemas in this database{}", at_.user(),
                      everybody ? ", as everybody may" : through(grantee)),
          {fmt::format("REVOKE CREATE ON DATABASE {} FROM {};", database, everybody ? "PUBLIC" : name_of(grantee))});
    }
  }

  void look_at_schemas() {
    const Rows rows = at_.query(
        "SELECT DISTINCT n.nspname, pg_catalog.pg_get_userbyid(n.nspowner), CASE x.grantee WHEN 0 THEN '' ELSE "
        "pg_catalog.pg_get_userbyid(x.grantee) END FROM pg_catalog.pg_namespace n LEFT JOIN LATERAL (SELECT y.grantee "
        "FROM pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) y WHERE "
        "y.privilege_type = 'CREATE') x ON true WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER "
        "BY 1, 3");
    for (auto begin = rows.begin(); begin != rows.end();) {
      const auto end = std::find_if(begin, rows.end(), [&](const Row& row) { return row[0] != begin->at(0); });
      look_at_schema(Rows(begin, end));
      begin = end;
    }
  }

  // The rows of one schema, a grantee each.
  void look_at_schema(const Rows& grants) {
    const std::string& schema = column(grants.front(), 0);
    const std::string& owner = column(grants.front(), 1);
    const std::string may = fmt::format("make tables in schema \"{}\"", schema);
    // What comes with owning the database goes with it.
    const bool owns = roles_.user_is(owner) && !roles_.shared(owner) && !(owns_database_ && owner == kDatabaseOwner);
    // Without CREATE, too: an owner gives itself again what is taken away, and drops what is in it.
    if (owns) {
      add_own(fmt::format("\"{}\" owns schema \"{}\"{}, and may drop all that is in it", at_.user(), schema,
                          through(owner)),
              {fmt::format("ALTER SCHEMA {} OWNER TO {};", name_of(schema), roles_.migrator_name())});
    }
    std::vector<std::string> fix;
    std::string how;
    for (const Row& row : grants) {
      if (!row[2]) continue;
      const std::string& grantee = column(row, 2);
      const bool everybody = grantee.empty();
      if (!everybody && (!roles_.user_is(grantee) || (owns_database_ && grantee == kDatabaseOwner))) continue;
      if (owns && grantee == owner) continue;
      if (roles_.shared(grantee)) {
        shared_.push_back({.role = grantee, .may = may, .table = {}});
        continue;
      }
      if (fix.empty()) how = everybody ? ", as everybody may" : through(grantee);
      if (everybody && migrator_needs_its_own(grants)) {
        fix.push_back(fmt::format("GRANT CREATE ON SCHEMA {} TO {};", name_of(schema), roles_.migrator_name()));
      }
      fix.push_back(
          fmt::format("REVOKE CREATE ON SCHEMA {} FROM {};", name_of(schema), everybody ? "PUBLIC" : name_of(grantee)));
    }
    if (!fix.empty()) add_own(fmt::format("\"{}\" may {}{}", at_.user(), may, how), std::move(fix));
  }

  // It has the right as everybody has it, and no other way.
  bool migrator_needs_its_own(const Rows& grants) const {
    if (roles_.migrator().empty()) return false;
    const bool has = std::ranges::any_of(
        grants, [&](const Row& row) { return row[2].has_value() && roles_.migrator_is(column(row, 2)); });
    if (has) return false;
    const Rows super = at_.query(
        fmt::format("SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = {}", text_of(roles_.migrator())));
    return !super.empty() && super.front()[0] != "t";
  }

  void look_at_owners() {
    std::string own_roles;
    for (const std::string& role : roles_.roles_of_its_own()) {
      own_roles += (own_roles.empty() ? "" : ", ") + text_of(role);
    }
    const Rows owned = at_.query(fmt::format(
        "SELECT o.what, pg_catalog.pg_get_userbyid(o.owner), o.is_table, EXISTS (SELECT FROM "
        "pg_catalog.aclexplode(o.acl) x WHERE x.privilege_type = 'SELECT' AND (x.grantee = 0 OR "
        "pg_catalog.pg_get_userbyid(x.grantee) IN ({}))) FROM ("
        "SELECT 1 AS place, c.oid::pg_catalog.regclass::pg_catalog.text AS what, c.relowner AS owner, CASE c.oid "
        "WHEN pg_catalog.to_regclass({}) THEN 'h' ELSE 't' END AS is_table, c.relacl AS acl FROM pg_catalog.pg_class c "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' UNION ALL "
        "SELECT 2, 'sequence ' || c.oid::pg_catalog.regclass::pg_catalog.text, c.relowner, '', NULL FROM "
        "pg_catalog.pg_class c WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM "
        "pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')) UNION ALL "
        "SELECT 3, 'function ' || p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proowner, '', NULL FROM "
        "pg_catalog.pg_proc p UNION ALL "
        "SELECT 4, 'type ' || pg_catalog.format_type(t.oid, NULL), t.typowner, '', NULL FROM pg_catalog.pg_type t LEFT "
        "JOIN pg_catalog.pg_class c ON c.oid = t.typrelid WHERE t.typtype IN ('c', 'd', 'e', 'r') AND (c.oid IS NULL "
        "OR c.relkind = 'c')) o WHERE pg_catalog.pg_has_role(o.owner, 'MEMBER') ORDER BY o.owner, o.place, o.what",
        own_roles, at_.history.name.name.empty() ? "NULL" : text_of(name_of(at_.history.name))));
    for (auto begin = owned.begin(); begin != owned.end();) {
      const auto end = std::find_if(begin, owned.end(), [&](const Row& row) { return row[1] != begin->at(1); });
      look_at_owner(Rows(begin, end));
      begin = end;
    }
  }

  void look_at_owner(const Rows& owned) {
    const std::string& owner = column(owned.front(), 1);
    if (roles_.shared(owner)) {
      shared_.push_back({.role = owner, .may = fmt::format("alter and drop {}", listed(owned, 0)), .table = {}});
      for (const Row& row : owned) {
        if (column(row, 2).empty() || row[3] == "t") continue;
        shared_.push_back({.role = owner, .may = {}, .table = column(row, 0), .is_history = row[2] == "h"});
      }
      return;
    }
    std::vector<std::string> fix;
    if (owner == at_.user()) {
      std::string tables;
      for (const Row& row : owned) {
        if (row[2] == "t") tables += (tables.empty() ? "" : ", ") + column(row, 0);
      }
      fix.push_back(fmt::format("REASSIGN OWNED BY {} TO {};", name_of(owner), roles_.migrator_name()));
      if (!tables.empty()) {
        fix.push_back(fmt::format("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {};", tables, name_of(owner)));
      }
      const std::string history = name_of(at_.history.name);
      if (at_.history.exists && std::ranges::any_of(owned, [](const Row& row) { return row[2] == "h"; })) {
        fix.push_back(fmt::format("GRANT SELECT ON {} TO {};", history, name_of(owner)));
      }
    } else {
      for (const std::string& role : roles_.ways_to(owner)) fix.push_back(revoke({role, at_.user()}));
    }
    add_own(fmt::format("\"{}\" may alter and drop {}, which belong{} to \"{}\"", at_.user(), listed(owned, 0),
                        owned.size() == 1 ? "s" : "", owner),
            std::move(fix));
  }

  // One finding for each membership, however much comes through it.
  bool add_shared() {
    bool any = false;
    for (const Membership& bridge : roles_.bridges()) {
      std::vector<std::string> may;
      std::string tables;
      std::string history;
      for (const Shared& one : shared_) {
        if (!roles_.leads_to(bridge, one.role)) continue;
        if (!one.may.empty() && std::ranges::find(may, one.may) == may.end()) may.push_back(one.may);
        if (one.is_history) history = one.table;
        if (!one.is_history && !one.table.empty()) tables += (tables.empty() ? "" : ", ") + one.table;
      }
      if (may.empty() && bridge.role != roles_.migrator()) continue;
      std::vector<std::string> fix{revoke(bridge)};
      const std::string user = name_of(at_.user());
      if (!tables.empty())
        fix.push_back(fmt::format("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {};", tables, user));
      if (!history.empty()) fix.push_back(fmt::format("GRANT SELECT ON {} TO {};", history, user));
      const std::string who =
          bridge.member == at_.user()
              ? fmt::format("\"{}\" is a member of \"{}\"", at_.user(), bridge.role)
              : fmt::format("\"{}\" is, through \"{}\", a member of \"{}\"", at_.user(), bridge.member, bridge.role);
      const std::string whose = bridge.role == roles_.migrator() ? ", who migrates" : ", as the migration user is";
      at_.add(Section::users, Level::error, "application-ddl",
              who + whose + (may.empty() ? "" : ", and may " + joined(may)), std::move(fix));
      any = true;
    }
    return any;
  }

  const Examination& at_;
  Memberships roles_;
  std::string owner_;
  bool owns_database_ = false;
  std::vector<Shared> shared_;
  Findings own_;
};

void look_for_ddl_of_application(const Examination& at) {
  if (at.duty == Duty::both || is_superuser(at)) return;
  DdlOfApplication(at).look();
}

// From whom the right to write to the history has to be taken. What was said of a membership is not said again.
std::vector<std::string> fix_of_written_history(const Examination& at) {
  const Memberships roles(at);
  const std::string table = name_of(at.history.name);
  const Rows rows = at.query(fmt::format(
      "SELECT DISTINCT CASE WHEN x.grantee <> 0 THEN pg_catalog.pg_get_userbyid(x.grantee) END FROM "
      "pg_catalog.pg_class c, pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) x "
      "WHERE c.oid = pg_catalog.to_regclass({}) AND x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') "
      "ORDER BY 1",
      text_of(table)));
  std::vector<std::string> fix;
  const auto add = [&](std::string line) {
    const bool said = std::ranges::any_of(
        at.findings, [&](const Finding& found) { return std::ranges::find(found.fix, line) != found.fix.end(); });
    if (!said && std::ranges::find(fix, line) == fix.end()) fix.push_back(std::move(line));
  };
  const auto leave = [&](const std::string& role) {
    for (const Membership& bridge : roles.bridges()) {
      if (roles.leads_to(bridge, role)) add(revoke(bridge));
    }
  };
  for (const Row& row : rows) {
    const std::string& grantee = column(row, 0);
    if (row[0] && !roles.user_is(grantee)) continue;
    if (row[0] && roles.shared(grantee)) {
      leave(grantee);
    } else {
      add(fmt::format("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {};", table,
                      row[0] ? name_of(grantee) : "PUBLIC"));
    }
  }
  const std::string everywhere = "pg_write_all_data";
  if (roles.shared(everywhere)) {
    leave(everywhere);
  } else if (roles.user_is(everywhere)) {
    for (const std::string& role : roles.ways_to(everywhere)) add(revoke({role, at.user()}));
  }
  return fix;
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
    std::vector<std::string> fix = fix_of_written_history(at);
    if (!fix.empty()) {
      at.add(Section::users, Level::warning, "application-history",
             fmt::format("\"{}\" may write to {}", at.user(), at.history.name.name), std::move(fix));
    }
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

constexpr std::array kChecks{
    Check{"application-ddl", Over::application, &look_for_ddl_of_application},
    Check{"application-history", Over::application, &look_what_application_reads},
};

}  // namespace

std::span<const Check> postgres_application_checks() {
  return kChecks;
}

}  // namespace dunlin::doctor
