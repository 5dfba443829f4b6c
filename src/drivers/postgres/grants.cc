#include "drivers/postgres/grants.h"

#include <array>

#include <fmt/format.h>

#include "base/suggest.h"
#include "drivers/postgres/exchange.h"
#include "sql/quote.h"

namespace dunlin::postgres {
namespace {

// A kind of object that default privileges are for.
struct ObjectKind {
  std::string_view letter;  // in pg_default_acl
  std::string_view words;   // in ALTER DEFAULT PRIVILEGES
  // In the order of the alphabet, as they are compared.
  std::string_view read;
  std::string_view read_write;

  std::string_view wanted(RoleAccess access) const { return access == RoleAccess::read ? read : read_write; }
};

// Functions and types are everybody's by PostgreSQL's own default. A grant here would outlive the REVOKE ... FROM
// PUBLIC that a file closes a function with.
constexpr ObjectKind kTables{"r", "TABLES", "SELECT", "DELETE, INSERT, SELECT, UPDATE"};
constexpr ObjectKind kSequences{"S", "SEQUENCES", "SELECT", "SELECT, USAGE"};
constexpr ObjectKind kSchemas{"n", "SCHEMAS", "USAGE", "USAGE"};
constexpr std::array kKinds{kTables, kSequences, kSchemas};

// "dunlin", for the two-number form of advisory locks, whose keys are not those of the run lock.
constexpr std::string_view kLock = "1685417580, 1768816640";

std::string name_of(const auto& name) {
  return sql::quote_name(Dialect::postgres, name);
}

std::string text_of(std::string_view text) {
  return sql::quote_text(Dialect::postgres, text);
}

std::string oid_of_role(std::string_view name) {
  return fmt::format("pg_catalog.to_regrole({})::pg_catalog.oid", text_of(name_of(name)));
}

[[noreturn]] void refuse(const RoleGrant& grant, std::string message, std::string hint) {
  Error error{.kind = ErrorKind::config, .message = std::move(message), .hint = std::move(hint)};
  error.where = grant.where;
  throw Failure(std::move(error));
}

// What is granted directly to the role `r` by an access list, as ObjectKind spells it.
std::string granted(std::string_view access_list) {
  return fmt::format(
      "(SELECT pg_catalog.string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) FROM "
      "pg_catalog.aclexplode({}) x WHERE x.grantee OPERATOR(pg_catalog.=) r.oid)",
      access_list);
}

std::string default_access_list(const ObjectKind& kind) {
  return fmt::format(
      "(SELECT d.defaclacl FROM pg_catalog.pg_default_acl d WHERE d.defaclrole OPERATOR(pg_catalog.=) me.oid AND "
      "d.defaclnamespace OPERATOR(pg_catalog.=) 0::pg_catalog.oid AND d.defaclobjtype OPERATOR(pg_catalog.=) '{}')",
      kind.letter);
}

std::string table_join(std::string_view alias, const TableName& table) {
  return fmt::format("LEFT JOIN pg_catalog.pg_class {0} ON {0}.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({1}) ",
                     alias, text_of(name_of(table)));
}

// A row for each grant, in order.
std::string state_sql(std::span<const RoleGrant> grants, const TableName& history, const TableName& journal) {
  std::string wanted;
  for (std::size_t i = 0; i < grants.size(); ++i) {
    wanted += fmt::format("{}({}, {})", i == 0 ? "" : ", ", i, text_of(grants[i].role));
  }
  return fmt::format(
      "SELECT r.rolname, {}, {}, {}, {}, {}, "
      "h.relowner OPERATOR(pg_catalog.=) r.oid, "
      "pg_catalog.pg_has_role(me.oid, h.relowner, 'USAGE'), pg_catalog.pg_has_role(me.oid, j.relowner, 'USAGE'), "
      "pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'), pg_catalog.pg_has_role(me.oid, n.nspowner, 'USAGE'), "
      "pg_catalog.has_table_privilege(r.oid, h.oid, 'SELECT'), me.oid OPERATOR(pg_catalog.=) r.oid, me.rolname "
      "FROM (VALUES {}) w(place, name) "
      "JOIN pg_catalog.pg_roles me ON me.rolname OPERATOR(pg_catalog.=) CURRENT_USER "
      "LEFT JOIN pg_catalog.pg_roles r ON r.rolname OPERATOR(pg_catalog.=) w.name "
      "{}{}LEFT JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) {} ORDER BY w.place",
      granted(default_access_list(kTables)), granted(default_access_list(kSequences)),
      granted(default_access_list(kSchemas)), granted("h.relacl"), granted("j.relacl"), wanted,
      table_join("h", history), table_join("j", journal), text_of(history.schema));
}

// Takes everything and gives what is wanted, so that fewer privileges than before are possible too.
void set(std::vector<std::string>& script, std::string_view where, std::string_view privileges, std::string_view on,
         const std::string& role) {
  script.push_back(fmt::format("{}REVOKE ALL ON {} FROM {}", where, on, role));
  script.push_back(fmt::format("{}GRANT {} ON {} TO {}", where, privileges, on, role));
}

// The body of a DO block: what this transaction has made for another owner than who migrates (SET ROLE), whom the
// default privileges do not cover. Where nobody has granted or revoked anything the roles get what is wanted; where
// somebody has, it cannot be told any more what he meant, so that is left as it is, and said if it leaves the roles
// with nothing.
//
// Nearly always there is nothing, so that is asked first and cheaply. A relation is told from one that was only altered
// by its dependency on its schema: that row is written once. Rows of ours are those of our transaction and the
// subtransactions in it, whose numbers are higher.
std::string after_body(std::span<const RoleGrant> grants, const std::string& migrator) {
  constexpr std::string_view kOurs =
      "CASE WHEN age({0}.xmin) <= 0 THEN txid_status(txid_current() - age({0}.xmin)) = 'in progress' ELSE false END";
  std::string on_tables;
  std::string on_sequences;
  std::string on_schemas;
  std::string roles;
  for (const RoleGrant& grant : grants) {
    const std::string role = name_of(grant.role);
    const auto execute = [&](const ObjectKind& kind) {
      return fmt::format("      EXECUTE 'GRANT {} ON ' || made.what || {};\n", kind.wanted(grant.access),
                         text_of(" TO " + role));
    };
    roles += (roles.empty() ? "" : ", ") + oid_of_role(grant.role);
    on_tables += execute(kTables);
    on_sequences += execute(kSequences);
    on_schemas += execute(kSchemas);
  }
  return fmt::format(
      R"(
DECLARE
  own_path pg_catalog.text := pg_catalog.current_setting('search_path');
  own_role pg_catalog.text := pg_catalog.current_setting('role');
  migrator pg_catalog.oid := {6};
  roles pg_catalog.oid[] := ARRAY[{7}];
  made pg_catalog.record;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF NOT EXISTS (SELECT FROM pg_class c WHERE (c.relacl IS NULL OR c.relowner <> migrator) AND c.oid >= 16384
                 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {0})
     AND NOT EXISTS (SELECT FROM pg_namespace n WHERE (n.nspacl IS NULL OR n.nspowner <> migrator) AND {1}) THEN
    PERFORM set_config('search_path', own_path, true);
    RETURN;
  END IF;
  FOR made IN
    SELECT 'SCHEMA' AS kind, format('SCHEMA %I', n.nspname) AS what, n.nspowner AS owner, n.nspacl AS acl
    FROM pg_namespace n
    WHERE (n.nspacl IS NULL OR n.nspowner <> migrator) AND n.nspname !~ '^pg_' AND {1}
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
           format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname), c.relowner, c.relacl
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
      AND (c.relacl IS NULL OR c.relowner <> migrator) AND {0}
      AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                  AND d.refclassid = 'pg_namespace'::regclass AND {2})
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND d.objsubid = 0 AND d.deptype = 'e')
  LOOP
    IF made.acl IS NOT NULL OR NOT pg_has_role(session_user, made.owner, 'MEMBER') THEN
      IF NOT EXISTS (SELECT FROM aclexplode(made.acl) x WHERE x.grantee = ANY (roles)) THEN
        RAISE WARNING '[grants] give nothing on %, which belongs to %', made.what, made.owner::regrole
          USING HINT = 'have the migration GRANT there what is wanted';
      END IF;
      CONTINUE;
    END IF;
    PERFORM set_config('role', pg_get_userbyid(made.owner), true);
    IF made.kind = 'TABLE' THEN
{3}    ELSIF made.kind = 'SEQUENCE' THEN
{4}    ELSE
{5}    END IF;
  END LOOP;
  PERFORM set_config('role', own_role, true);
  PERFORM set_config('search_path', own_path, true);
END)",
      fmt::format(kOurs, "c"), fmt::format(kOurs, "n"), fmt::format(kOurs, "d"), on_tables, on_sequences, on_schemas,
      oid_of_role(migrator), roles);
}

class ScriptMaker {
 public:
  ScriptMaker(const Link& link, const TableName& history, const TableName& journal)
      : link_(link), history_(history), journal_(journal) {
    // Two that change one catalog row at once fail. With a session of our own the run's lock keeps others out.
    if (link.server.pooled) script_.before.push_back(fmt::format("SELECT pg_catalog.pg_advisory_xact_lock({})", kLock));
  }

  void add(const RoleGrant& grant, const Row& state) {
    const std::string role = name_of(grant.role);
    if (state[6] == "t" || (writes() && state[12] == "t")) {
      refuse(grant, fmt::format("[grants] names \"{}\", who runs the migrations and owns what they make", grant.role),
             "name the application's own user there");
    }
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      const std::string_view wanted = kKinds.at(i).wanted(grant.access);
      set(script_.before, "ALTER DEFAULT PRIVILEGES ", wanted, kKinds.at(i).words, role);
      script_.in_place = script_.in_place && state[1 + i] == wanted;
    }
    let_in(grant, state);
    // Tables that are not there yet get theirs with their creation.
    limit(script_.on_history, history_, state[4], state[7], role);
    limit(script_.on_journal, journal_, state[5], state[8], role);
    if (writes() && state[7] == "f" && state[11] == "f") {
      refuse(grant,
             fmt::format("\"{}\" may not read {}, which is not {}'s to grant", grant.role, history_.name,
                         link_.server.user),
             fmt::format("as the table's owner: GRANT SELECT ON {} TO {}", name_of(history_), role));
    }
  }

  GrantScript finish(std::span<const RoleGrant> grants, const std::string& owner) && {
    script_.after.push_back("DO " + text_of(after_body(grants, owner)));
    return std::move(script_);
  }

 private:
  void let_in(const RoleGrant& grant, const Row& state) {
    if (state[9] != "f") return;
    std::string sql = fmt::format("GRANT USAGE ON SCHEMA {} TO {}", name_of(history_.schema), name_of(grant.role));
    if (writes() && state[10] != "t") {
      refuse(grant,
             fmt::format("\"{}\" may not use schema \"{}\", and \"{}\" cannot let it in", grant.role, history_.schema,
                         link_.server.user),
             "as the schema's owner: " + sql);
    }
    script_.in_place = false;
    script_.before.push_back(std::move(sql));
  }

  // `owned`: null where the table does not exist.
  void limit(std::vector<std::string>& on_creation, const TableName& table, const std::optional<std::string>& now,
             const std::optional<std::string>& owned, const std::string& role) {
    const std::string name = "TABLE " + name_of(table);
    set(on_creation, "", "SELECT", name, role);
    if (owned != "t" || now == "SELECT") return;
    script_.in_place = false;
    set(script_.before, "", "SELECT", name, role);
  }

  // Who only looks is not the user who will migrate.
  bool writes() const { return !link_.options.read_only; }

  const Link& link_;
  const TableName& history_;
  const TableName& journal_;
  GrantScript script_;
};

[[noreturn]] void refuse_unknown(Link& link, const RoleGrant& grant) {
  std::vector<std::string> names;
  for (const Row& row : ask(link, "SELECT rolname FROM pg_catalog.pg_roles WHERE rolcanlogin ORDER BY 1")) {
    names.push_back(row[0].value_or(""));
  }
  std::string hint = did_you_mean(grant.role, {names.begin(), names.end()});
  if (hint.empty()) hint = fmt::format("create it: CREATE ROLE {} LOGIN", name_of(grant.role));
  refuse(grant, fmt::format("[grants] names \"{}\", and {} has no such role", grant.role, link.server.location),
         std::move(hint));
}

}  // namespace

GrantScript make_grant_script(Link& link, std::span<const RoleGrant> grants, const TableName& history,
                              const TableName& journal) {
  if (grants.empty()) return {};
  const Rows rows = ask(link, state_sql(grants, history, journal));
  ScriptMaker maker(link, history, journal);
  for (std::size_t i = 0; i < grants.size(); ++i) {
    if (!rows.at(i)[0]) refuse_unknown(link, grants[i]);
    maker.add(grants[i], rows.at(i));
  }
  return std::move(maker).finish(grants, rows.front()[13].value_or(""));
}

}  // namespace dunlin::postgres
