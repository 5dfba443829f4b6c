// A PostgreSQL server as it is now: what stands in the way of migrations, or soon will.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/duration.h"
#include "doctor/checks.h"
#include "sql/quote.h"

namespace dunlin::doctor {
namespace {

using std::chrono::seconds;

constexpr seconds kLongIdle = std::chrono::minutes{5};
constexpr seconds kLongTransaction = std::chrono::hours{1};
constexpr seconds kLongPrepared = std::chrono::minutes{5};
constexpr std::int64_t kMuchSkewInMs = 2'000;

std::string text(const Row& row, std::size_t index) {
  return row.at(index).value_or("");
}

std::int64_t number(const Row& row, std::size_t index) {
  std::int64_t value = 0;
  const std::string digits = text(row, index);
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// The project's own dates of a major version's last release.
struct Release {
  int major;
  std::chrono::year_month_day last;
};

void look_at_version(const Examination& at) {
  using namespace std::chrono;
  constexpr std::array kReleases{Release{13, 2025y / November / 13}, Release{14, 2026y / November / 12},
                                 Release{15, 2027y / November / 11}, Release{16, 2028y / November / 9},
                                 Release{17, 2029y / November / 8},  Release{18, 2030y / November / 14}};
  const int major = at.session.server().version / 10000;
  const std::string& product = at.session.server().product;
  const auto today = floor<days>(at.clock.wall_now());
  if (major < kReleases.front().major) {
    at.add(Section::server, Level::warning, "version", fmt::format("{} gets no security fixes any more", product),
           {"upgrade the server"});
    return;
  }
  for (const Release& release : kReleases) {
    if (release.major != major) continue;
    const std::string date =
        fmt::format("{}-{:02}-{:02}", static_cast<int>(release.last.year()),
                    static_cast<unsigned>(release.last.month()), static_cast<unsigned>(release.last.day()));
    if (sys_days(release.last) < today) {
      at.add(Section::server, Level::warning, "version", fmt::format("{} gets no fixes since {}", product, date),
             {"upgrade the server"});
    } else {
      at.add(Section::server, Level::ok, "version", fmt::format("{}, supported until {}", product, date));
    }
    return;
  }
  at.add(Section::server, Level::ok, "version", product);
}

void look_whether_it_takes_writes(const Examination& at) {
  const Row row =
      at.query("SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only')")
          .front();
  if (row[0] == "t") {
    at.add(Section::server, at.migrates() ? Level::error : Level::note, "standby",
           fmt::format("{} is a standby and takes no writes", at.session.server().location),
           {"name the primary in the migration user's URL"});
  } else if (row[1] == "on") {
    at.add(Section::server, at.migrates() ? Level::error : Level::note, "read-only",
           fmt::format("transactions of \"{}\" are read-only", at.user()),
           {fmt::format("ALTER ROLE {} SET default_transaction_read_only = off;",
                        sql::quote_name(Dialect::postgres, at.user()))});
  }
}

// Without pg_read_all_stats the sessions of others have no backend_type, but a user and a database.
void look_at_connections(const Examination& at) {
  const Row row =
      at.query(
            "SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' OR "
            "(backend_type IS NULL AND usename IS NOT NULL AND datname IS NOT NULL)), "
            "pg_catalog.current_setting('max_connections')::pg_catalog.int8")
          .front();
  const std::int64_t used = number(row, 0);
  const std::int64_t most = number(row, 1);
  if (used * 10 >= most * 8) {
    at.add(Section::server, Level::warning, "connections", fmt::format("{} of {} connections are taken", used, most),
           {"ALTER SYSTEM SET max_connections = ...;  (after a restart), smaller pools, or a pooler"});
  } else {
    at.add(Section::server, Level::ok, "connections", fmt::format("{} of {} are taken", used, most));
  }
}

seconds limit(const Examination& at, seconds usual) {
  return at.patient.older_than.value_or(usual);
}

std::string session_text(const Row& row) {
  return fmt::format("pid {} ({}, \"{}\")", text(row, 0), text(row, 1), text(row, 2));
}

// Without pg_read_all_stats a user sees what its own sessions do, so this is asked over both connections; what both see
// is said once.
void add_once(const Examination& at, const std::string& check, std::string message, std::vector<std::string> fix) {
  const bool said = std::ranges::any_of(
      at.findings, [&](const Finding& found) { return found.check == check && found.fix.front() == fix.front(); });
  if (!said) at.add(Section::server, Level::warning, check, std::move(message), std::move(fix));
}

std::string sessions_sql(std::string_view since, std::string_view state, seconds older_than) {
  return fmt::format(
      "SELECT a.pid, a.usename, a.application_name, extract(epoch FROM pg_catalog.clock_timestamp() - "
      "a.{0})::pg_catalog.int8 FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'client backend' AND "
      "a.datname = "
      "pg_catalog.current_database() AND {1} AND a.pid <> pg_catalog.pg_backend_pid() AND pg_catalog.clock_timestamp() "
      "- a.{0} > interval '{2} s' ORDER BY 4 DESC",
      since, state, older_than.count());
}

// Both kinds hold locks that ALTER TABLE waits for, and keep dead rows.
void look_for_idle_transactions(const Examination& at) {
  const Rows rows = at.query(sessions_sql("state_change", "a.state LIKE 'idle in transaction%'", limit(at, kLongIdle)));
  if (rows.empty()) return;
  std::vector<std::string> fix{fmt::format("SELECT pg_terminate_backend({});", text(rows.front(), 0))};
  if (at.query("SELECT pg_catalog.current_setting('idle_in_transaction_session_timeout')").front()[0] == "0") {
    fix.push_back(fmt::format("ALTER ROLE {} SET idle_in_transaction_session_timeout = '5min';",
                              sql::quote_name(Dialect::postgres, text(rows.front(), 1))));
  }
  const std::string others = rows.size() > 1 ? fmt::format(", and {} more", rows.size() - 1) : "";
  add_once(at, "idle-transactions",
           fmt::format("{} is idle in a transaction for {}{}: a migration waits for its locks",
                       session_text(rows.front()), format_duration(seconds{number(rows.front(), 3)}), others),
           std::move(fix));
}

void look_for_long_transactions(const Examination& at) {
  const Rows rows = at.query(sessions_sql("xact_start", "a.state NOT LIKE 'idle%'", limit(at, kLongTransaction)));
  if (rows.empty()) return;
  add_once(at, "long-transactions",
           fmt::format("{} is in one transaction for {}", session_text(rows.front()),
                       format_duration(seconds{number(rows.front(), 3)})),
           {fmt::format("SELECT pg_cancel_backend({});", text(rows.front(), 0))});
}

void look_for_hidden_sessions(const Examination& at) {
  const auto& other = at.duty == Duty::migration ? at.patient.application : std::optional<User>();
  const std::string seen = other ? other->driver->describe(other->url).user : "";
  const Rows rows =
      at.query(fmt::format("SELECT DISTINCT a.usename FROM pg_catalog.pg_stat_activity a WHERE a.backend_type IS NULL "
                           "AND a.datname = pg_catalog.current_database() AND a.usename <> {} ORDER BY 1",
                           sql::quote_text(Dialect::postgres, seen)));
  if (rows.empty()) return;
  at.add(Section::server, Level::note, "sessions",
         fmt::format("\"{}\" cannot see what sessions of \"{}\"{} do", at.user(), text(rows.front(), 0),
                     rows.size() > 1 ? " and others" : ""),
         {fmt::format("GRANT pg_read_all_stats TO {};", sql::quote_name(Dialect::postgres, at.user()))});
}

void look_for_prepared_transactions(const Examination& at) {
  const Rows rows = at.query(fmt::format(
      "SELECT gid, owner, extract(epoch FROM pg_catalog.clock_timestamp() - prepared)::pg_catalog.int8 FROM "
      "pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database() AND "
      "pg_catalog.clock_timestamp() - prepared > interval '{} s' ORDER BY 3 DESC",
      limit(at, kLongPrepared).count()));
  for (const Row& row : rows) {
    const std::string name = sql::quote_text(Dialect::postgres, text(row, 0));
    at.add(Section::server, Level::warning, "prepared-transactions",
           fmt::format("the prepared transaction {} of \"{}\" holds its locks for {}", name, text(row, 1),
                       format_duration(seconds{number(row, 2)})),
           {fmt::format("COMMIT PREPARED {};  or  ROLLBACK PREPARED {};", name, name)});
  }
}

// What CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY (_ccnew, _ccold) leave when they fail: written to, and never
// read. One that is just being built is no finding. Who may not see what others build sees their lock on the table.
void look_for_invalid_indexes(const Examination& at) {
  const Rows rows = at.query(
      "SELECT i.indexrelid::pg_catalog.regclass::pg_catalog.text, c.relname ~ '_cc(new|old)[0-9]*$', "
      "i.indrelid::pg_catalog.regclass::pg_catalog.text, EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = "
      "'relation' AND l.relation = i.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock' AND l.database = "
      "(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())) AND NOT "
      "pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') "
      "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid AND "
      "c.relkind = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = "
      "i.indexrelid) ORDER BY 1");
  for (const Row& row : rows) {
    const std::string index = text(row, 0);
    if (row[3] == "t") {
      at.add(Section::server, Level::note, "invalid-indexes",
             fmt::format("index {} is invalid, and may be being built: somebody is at work on {}", index, text(row, 2)),
             {fmt::format("look again later, or see more: GRANT pg_read_all_stats TO {};",
                          sql::quote_name(Dialect::postgres, at.user()))});
      continue;
    }
    at.add(Section::server, Level::warning, "invalid-indexes",
           fmt::format("index {} is invalid: kept up to date, and never used", index),
           {fmt::format("{} INDEX CONCURRENTLY {};", row[1] == "t" ? "DROP" : "REINDEX", index)});
  }
}

// At 2^31 the server stops taking writes; autovacuum begins to hurry at 200 million.
void look_at_wraparound(const Examination& at) {
  const Row row =
      at.query(
            "SELECT pg_catalog.age(d.datfrozenxid)::pg_catalog.int8, "
            "pg_catalog.mxid_age(d.datminmxid)::pg_catalog.int8 FROM pg_catalog.pg_database d WHERE d.datname "
            "= pg_catalog.current_database()")
          .front();
  const std::int64_t age = std::max(number(row, 0), number(row, 1));
  constexpr std::int64_t kLast = 2'147'483'648;
  if (age < 1'000'000'000) return;
  at.add(Section::server, age > 1'800'000'000 ? Level::error : Level::warning, "wraparound",
         fmt::format("{} % of the transaction numbers are used; at 100 % the server stops taking writes",
                     age * 100 / kLast),
         {fmt::format("vacuumdb --freeze --dbname={}", at.session.server().database)});
}

void look_at_clock(const Examination& at) {
  const auto before = at.clock.wall_now();
  const Row row = at.query("SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::pg_catalog.int8").front();
  const auto middle = before + (at.clock.wall_now() - before) / 2;
  const auto ours = std::chrono::duration_cast<std::chrono::milliseconds>(middle.time_since_epoch()).count();
  const std::int64_t skew = number(row, 0) - ours;
  const std::string apart = format_duration(std::chrono::milliseconds{std::abs(skew)});
  if (std::abs(skew) < kMuchSkewInMs) {
    at.add(Section::server, Level::ok, "clock", "the server's and ours agree");
    return;
  }
  at.add(Section::server, Level::warning, "clock",
         fmt::format("the server's clock is {} {} ours", apart, skew > 0 ? "ahead of" : "behind"),
         {"timedatectl set-ntp true  (on both machines)"});
}

constexpr std::array kChecks{
    Check{"version", Over::one_of_them, &look_at_version},
    Check{"standby", Over::every_user, &look_whether_it_takes_writes},
    Check{"connections", Over::one_of_them, &look_at_connections},
    Check{"sessions", Over::one_of_them, &look_for_hidden_sessions},
    Check{"idle-transactions", Over::every_user, &look_for_idle_transactions},
    Check{"long-transactions", Over::every_user, &look_for_long_transactions},
    Check{"prepared-transactions", Over::one_of_them, &look_for_prepared_transactions},
    Check{"invalid-indexes", Over::one_of_them, &look_for_invalid_indexes},
    Check{"wraparound", Over::one_of_them, &look_at_wraparound},
    Check{"clock", Over::one_of_them, &look_at_clock},
};

}  // namespace

std::span<const Check> postgres_server_checks() {
  return kChecks;
}

}  // namespace dunlin::doctor
