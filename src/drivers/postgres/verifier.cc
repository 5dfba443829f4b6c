#include "drivers/postgres/verifier.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "drivers/postgres/exchange.h"
#include "drivers/postgres/remembered.h"
#include "drivers/postgres/statement_target.h"
#include "sql/mask.h"
#include "sql/quote.h"

namespace dunlin::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Kind = StatementTarget::Kind;
using State = Verdict::State;

constexpr milliseconds kLookAgain{200};
constexpr std::chrono::minutes kQuietWithin{10};
constexpr milliseconds kSettledWithin{2'000};

std::string text(std::string_view value) {
  return sql::quote_text(Dialect::postgres, value);
}
std::string quoted(std::string_view name) {
  return sql::quote_name(Dialect::postgres, name);
}

struct Index {
  std::string oid;
  std::string name;
  std::string full_name;  // quoted, with its schema
  bool valid = false;
  std::string definition;
};

std::vector<Index> indexes_of(Link& link, const std::string& table_oid) {
  std::vector<Index> found;
  const Rows rows = ask(
      link, fmt::format(
                "SELECT i.indexrelid, c.relname, n.nspname, i.indisvalid AND i.indisready AND i.indislive, "
                "pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON "
                "c.oid = i.indexrelid "
                "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.indrelid = {} ORDER BY i.indexrelid",
                table_oid));
  for (const Row& row : rows) {
    found.push_back({*row[0], *row[1], quoted(*row[2]) + "." + quoted(*row[1]), row[3] == "t", row[4].value_or("")});
  }
  return found;
}

// Nobody else holds the lock that index builds hold on the table. Who does, otherwise.
std::string somebody_at_work(Link& link, const std::string& table_oid) {
  const Rows rows =
      ask(link,
          fmt::format(
              "SELECT l.pid, a.application_name FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid "
              "= l.pid "
              "WHERE l.locktype = 'relation' AND l.relation = {} AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted "
              "AND l.pid <> pg_catalog.pg_backend_pid() AND COALESCE(a.backend_type, 'client backend') = 'client "
              "backend' AND "
              "l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = "
              "pg_catalog.current_database()) LIMIT 1",
              table_oid));
  if (rows.empty()) return {};
  return fmt::format("pid {} (\"{}\") is at work on the table", *rows[0][0], rows[0][1].value_or(""));
}

void pause(Link& link) {
  if (link.options.interrupt != nullptr && link.options.interrupt->wait_for(kLookAgain)) {
    throw Failure(interrupted_error());
  }
  if (link.options.interrupt == nullptr) Interrupt().wait_for(kLookAgain);
}

// An index build gives its lock back a moment before the transaction commits that calls the index valid. Transactions
// that have nothing to do with it may be among those that are waited for, so not for long.
void wait_for_running_transactions(Link& link) {
  const SteadyTime until = steady_clock::now() + kSettledWithin;
  const Rows now = ask(link, "SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())");
  const std::string all_before = fmt::format(
      "SELECT pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()) >= {}", now[0][0].value_or("0"));
  while (ask(link, all_before)[0][0] != "t" && steady_clock::now() < until) pause(link);
}

// Empty once the table is quiet.
std::string wait_until_quiet(Link& link, const std::string& table_oid) {
  const SteadyTime until = steady_clock::now() + kQuietWithin;
  bool told = false;
  while (true) {
    std::string who = somebody_at_work(link, table_oid);
    if (who.empty()) wait_for_running_transactions(link);
    if (who.empty() || steady_clock::now() >= until) return who;
    if (!told && link.options.on_notice) {
      link.options.on_notice({"NOTICE", fmt::format("{}; waiting for it to end", who), {}, {}, {}});
      told = true;
    }
    pause(link);
  }
}

std::string drop_sql(const Index& index) {
  return "DROP INDEX CONCURRENTLY IF EXISTS " + index.full_name;
}

// "USING btree (a, b) WHERE c" without blanks, case and the default access method, for a comparison that only ever errs
// towards "unknown".
std::string bare(std::string_view definition) {
  std::string result;
  for (const char c : definition) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  constexpr std::string_view default_method = "usingbtree";
  if (result.starts_with(default_method)) result.erase(0, default_method.size());
  return result;
}

bool same_definition(const Index& index, const StatementTarget& target) {
  const auto method = index.definition.find(" USING ");
  return method != std::string::npos &&
         bare(std::string_view(index.definition).substr(method)) == bare(target.definition);
}

Verdict named_index(const std::vector<Index>& indexes, const StatementTarget& target, const Remembered& before) {
  const auto found = std::ranges::find(indexes, target.bare_name, &Index::name);
  if (found == indexes.end()) return {State::not_done, fmt::format("there is no index {}", target.name), {}};
  const bool older = before.has("indexes", found->oid);
  if (found->valid && (!older || target.if_not_exists))
    return {State::done, fmt::format("index {} is valid", found->full_name), {}};
  if (found->valid)
    return {State::not_done, fmt::format("index {} was there before the statement", found->full_name), {}};
  // An invalid index that somebody else left is theirs to remove: the statement fails on it and says so.
  if (older) return {State::not_done, fmt::format("index {} was invalid before the statement", found->full_name), {}};
  return {State::not_done, fmt::format("index {} is invalid", found->full_name), {drop_sql(*found)}};
}

// The server has chosen the name: what has come since tells.
Verdict unnamed_index(const std::vector<Index>& indexes, const StatementTarget& target, const Remembered& before) {
  Verdict verdict{State::not_done, "the table has no new index", {}};
  for (const Index& index : indexes) {
    if (before.has("indexes", index.oid)) continue;
    if (index.valid && same_definition(index, target))
      return {State::done, fmt::format("index {} is valid", index.full_name), {}};
    if (index.valid)
      return {State::unknown, fmt::format("a new index may be it or another one: {}", index.definition), {}};
    verdict.evidence = fmt::format("index {} is invalid", index.full_name);
    verdict.cleanup.push_back(drop_sql(index));
  }
  return verdict;
}

Verdict created_index(Link& link, const StatementTarget& target, const Remembered& before) {
  const std::string table = before.get("table");
  if (table.empty()) return {State::not_done, fmt::format("there was no table {}", target.table), {}};
  if (std::string who = wait_until_quiet(link, table); !who.empty()) return {State::unknown, std::move(who), {}};
  const std::vector<Index> indexes = indexes_of(link, table);
  return target.name.empty() ? unnamed_index(indexes, target, before) : named_index(indexes, target, before);
}

Verdict reindexed(Link& link, const StatementTarget& target, const Remembered& before) {
  const std::string table = before.get("table");
  if (table.empty()) return {State::not_done, fmt::format("there was no {}", target.name), {}};
  if (std::string who = wait_until_quiet(link, table); !who.empty()) return {State::unknown, std::move(who), {}};
  const std::string one = before.get("index");
  bool old_ones_left = false;
  Verdict verdict;
  for (const Index& index : indexes_of(link, table)) {
    const bool old_one = one.empty() ? before.has("indexes", index.oid) : index.oid == one;
    const bool half_made =
        !index.valid && !before.has("indexes", index.oid) &&
        (index.name.find("_ccnew") != std::string::npos || index.name.find("_ccold") != std::string::npos);
    // An old index that has got the name of what is thrown away has been replaced already.
    const bool put_aside = !index.valid && index.name.find("_ccold") != std::string::npos;
    if (half_made || put_aside) {
      verdict.cleanup.push_back(drop_sql(index));
    } else if (old_one) {
      old_ones_left = true;
    }
  }
  verdict.state = old_ones_left || !verdict.cleanup.empty() ? State::not_done : State::done;
  verdict.evidence = verdict.state == State::done ? fmt::format("{} has been rebuilt", target.name)
                                                  : fmt::format("{} has not been rebuilt in full", target.name);
  return verdict;
}

std::string catalog_condition(const StatementTarget& target) {
  if (target.object == "DATABASE")
    return fmt::format("pg_catalog.pg_database o WHERE o.datname = {}", text(target.name));
  if (target.object == "TABLESPACE")
    return fmt::format("pg_catalog.pg_tablespace o WHERE o.spcname = {}", text(target.name));
  return fmt::format(
      "(SELECT s.subname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE "
      "d.datname "
      "= pg_catalog.current_database()) o WHERE o.subname = {}",
      text(target.name));
}

bool object_exists(Link& link, const StatementTarget& target) {
  return !ask(link, "SELECT 1 FROM " + catalog_condition(target)).empty();
}

bool label_exists(Link& link, const StatementTarget& target) {
  return !ask(link, fmt::format("SELECT 1 FROM pg_catalog.pg_enum e WHERE e.enumtypid = pg_catalog.to_regtype({}) AND "
                                "e.enumlabel = {}",
                                text(target.name), text(target.label)))
              .empty();
}

// "attached", "pending" or "detached".
std::string partition_state(Link& link, const std::string& partition_oid) {
  const Rows rows =
      ask(link,
          fmt::format("SELECT i.inhdetachpending FROM pg_catalog.pg_inherits i WHERE i.inhrelid = {}", partition_oid));
  if (rows.empty()) return "detached";
  return rows[0][0] == "t" ? "pending" : "attached";
}

std::string one_value(Link& link, const std::string& sql) {
  const Rows rows = ask(link, sql);
  return rows.empty() ? std::string() : rows[0][0].value_or("");
}

std::string oid_of(Link& link, const std::string& relation) {
  return one_value(link, fmt::format("SELECT pg_catalog.to_regclass({})::pg_catalog.oid", text(relation)));
}

void remember_table(Link& link, const std::string& table_oid, Remembered& into) {
  if (table_oid.empty()) return;
  into.set("table", table_oid);
  into.set("schema", one_value(link, fmt::format("SELECT c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid = {}",
                                                 table_oid)));
  std::string list;
  for (const Index& index : indexes_of(link, table_oid)) list += (list.empty() ? "" : ",") + index.oid;
  into.set("indexes", list);
}

}  // namespace

std::string remember_before(Link& link, std::string_view statement) {
  const StatementTarget target = read_target(statement);
  Remembered now;
  switch (target.kind) {
    case Kind::create_index: remember_table(link, oid_of(link, target.table), now); break;
    case Kind::drop_index: now.set("index", oid_of(link, target.name)); break;
    case Kind::reindex_table: remember_table(link, oid_of(link, target.name), now); break;
    case Kind::reindex_index: {
      const std::string index = oid_of(link, target.name);
      if (index.empty()) break;
      now.set("index", index);
      remember_table(
          link,
          one_value(link, fmt::format("SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = {}", index)),
          now);
      break;
    }
    case Kind::detach: now.set("partition", oid_of(link, target.name)); break;
    case Kind::create_object:
    case Kind::drop_object: now.set("existed", object_exists(link, target) ? "1" : "0"); break;
    case Kind::add_enum_value: now.set("existed", label_exists(link, target) ? "1" : "0"); break;
    case Kind::repeatable:
    case Kind::unknown: return {};
  }
  now.set_path(one_value(link, "SELECT pg_catalog.current_setting('search_path')"));
  return now.text();
}

Verdict find_verdict(Link& link, std::string_view statement, const std::string& remembered) {
  const StatementTarget target = read_target(statement);
  const Remembered before(remembered);
  switch (target.kind) {
    case Kind::create_index: return created_index(link, target, before);
    case Kind::reindex_index:
    case Kind::reindex_table: return reindexed(link, target, before);
    case Kind::drop_index: {
      const std::string index = before.get("index");
      const bool there = !index.empty() &&
                         !ask(link, fmt::format("SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = {}", index)).empty();
      // Dropping one that is half dropped already finishes it.
      if (there) return {State::not_done, fmt::format("index {} still exists", target.name), {}};
      return {State::done, fmt::format("index {} does not exist", target.name), {}};
    }
    case Kind::detach: {
      const std::string partition = before.get("partition");
      if (partition.empty()) return {State::not_done, fmt::format("there was no {}", target.name), {}};
      const std::string state = partition_state(link, partition);
      // A pending one is finished by running the statement again: see finalize_sql.
      return {state == "detached" ? State::done : State::not_done,
              fmt::format("partition {} is {}", target.name, state),
              {}};
    }
    case Kind::create_object:
    case Kind::add_enum_value: {
      const bool exists =
          target.kind == Kind::add_enum_value ? label_exists(link, target) : object_exists(link, target);
      const bool new_one = exists && before.get("existed") == "0";
      const std::string what = target.kind == Kind::add_enum_value ? target.label : target.name;
      return {new_one ? State::done : State::not_done,
              fmt::format("{} {}", what, exists ? "exists" : "does not exist"),
              {}};
    }
    case Kind::drop_object: {
      const bool exists = object_exists(link, target);
      return {exists ? State::not_done : State::done,
              fmt::format("{} {}", target.name, exists ? "exists" : "does not exist"),
              {}};
    }
    case Kind::repeatable: return {State::not_done, "it can be repeated without harm", {}};
    case Kind::unknown: break;
  }
  return {State::unknown, "nothing in the database tells whether it took effect", {}};
}

bool verdict_is_known(Link& link, std::string_view statement, const std::string& remembered) {
  const StatementTarget target = read_target(statement);
  if (target.kind != Kind::create_index || !target.name.empty()) return target.kind != Kind::unknown;
  const Remembered before(remembered);
  const std::string table = before.get("table");
  return table.empty() || unnamed_index(indexes_of(link, table), target, before).state != State::unknown;
}

std::optional<Error> hollow_success(Link& link, const SourceStatement& statement) {
  const StatementTarget target = read_target(statement.text);
  if (target.kind != Kind::create_index || !target.if_not_exists) return std::nullopt;
  const std::string table = oid_of(link, target.table);
  if (table.empty()) return std::nullopt;
  const std::vector<Index> indexes = indexes_of(link, table);
  const auto found = std::ranges::find(indexes, target.bare_name, &Index::name);
  if (found == indexes.end() || found->valid) return std::nullopt;
  Error error;
  error.kind = ErrorKind::sql;
  error.message = fmt::format(
      "index {} exists but is invalid: an earlier build of it did not finish, and IF NOT EXISTS "
      "leaves it so",
      found->full_name);
  error.hint = fmt::format("run  DROP INDEX CONCURRENTLY {}  and then dunlin migrate", found->full_name);
  error.where = statement.where;
  error.statement = sql::mask_literals(statement.text);
  return error;
}

std::string finalize_sql(Link& link, std::string_view statement) {
  const StatementTarget target = read_target(statement);
  if (target.kind != Kind::detach) return {};
  const std::string partition = oid_of(link, target.name);
  if (partition.empty() || partition_state(link, partition) != "pending") return {};
  return fmt::format("ALTER TABLE {} DETACH PARTITION {} FINALIZE", target.table, target.name);
}

}  // namespace dunlin::postgres
