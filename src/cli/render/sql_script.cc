#include "cli/render/sql_script.h"

#include <optional>

#include <fmt/format.h>

#include "base/printable.h"
#include "core/planner.h"
#include "dunlin/version.h"

namespace dunlin::cli {
namespace {

class ScriptWriter {
 public:
  ScriptWriter(const Plan& plan, const SqlScript& script, const std::function<void(std::string_view)>& write)
      : plan_(plan), script_(script), write_(write) {}

  void write() {
    head();
    if (!script_.grants.before.empty() && !plan_.steps.empty()) {
      line("\n-- what other users may do with what is made");
      for (const std::string& sql : script_.grants.before) statement(sql);
    }
    if (!script_.table_exists && !plan_.steps.empty()) {
      line("\n-- the history table");
      for (const std::string& sql : script_.scheme.create_sql(script_.dialect, script_.table)) statement(sql);
      for (const std::string& sql : script_.grants.on_history) statement(sql);
    }
    const bool all = plan_.scope == TransactionScope::all && !plan_.steps.empty();
    if (all) statement(begin(""));
    for (const Step& step : plan_.steps) write_step(step);
    if (all) statement("COMMIT");
    if (plan_.steps.empty()) line("\n-- nothing is pending");
  }

 private:
  bool postgres() const { return script_.dialect == Dialect::postgres; }

  void head() {
    line(fmt::format("-- {}", one_line(script_.title)));
    line(fmt::format("-- what dunlin {} would do, {}; dunlin info shows all of it as applied afterwards", version(),
                     counted(plan_.steps.size(), "migration")));
    line("-- It stops at the first error. Make a new one after that: what is done by then must not be done again.");
    if (postgres()) {
      line("\\set ON_ERROR_STOP on");
      line("\\set AUTOCOMMIT on");
      line("\\set ON_ERROR_ROLLBACK off");
      statement("SET client_encoding = 'UTF8'");
      statement("SET lock_timeout = 0");
      take_lock();
    } else {
      line(".bail on");
      statement("PRAGMA foreign_keys = ON");
    }
  }

  // Keeps runners out while the script is at work; the end of the session gives it back.
  void take_lock() {
    const auto lock = script_.scheme.run_lock(script_.dialect, script_.database);
    if (!lock || plan_.steps.empty()) return;
    statement(
        fmt::format("DO $dunlin$ BEGIN IF NOT pg_catalog.pg_try_advisory_lock({}) THEN "
                    "RAISE EXCEPTION 'another runner holds the migration lock'; END IF; END $dunlin$",
                    lock->key));
  }

  void write_step(const Step& step) {
    const Migration& migration = step.migration;
    line(fmt::format("\n-- {} {}", one_line(migration.version.text), one_line(migration.name)));
    const bool wrapped = step.execution == Execution::transaction && plan_.scope != TransactionScope::all;
    if (step.foreign_keys_off) statement("PRAGMA foreign_keys = OFF");
    if (wrapped) statement(begin(step.transaction_characteristics));
    // A file's own last COMMIT comes after the history row, so the newest statement is always held back.
    std::optional<PlannedStatement> held;
    for_each_statement(step, script_.dialect, [&](const PlannedStatement& planned) {
      if (planned.dropped) return;
      if (held) statement(held->text);
      held = planned;
    });
    const bool own_commit =
        held && step.execution == Execution::self_managed && (held->command == "COMMIT" || held->command == "END");
    if (held && !own_commit) statement(held->text);
    record(step);
    if (own_commit) statement(held->text);
    if (wrapped) statement("COMMIT");
    if (step.foreign_keys_off) statement("PRAGMA foreign_keys = ON");
  }

  void record(const Step& step) {
    if (postgres()) {
      statement("RESET SESSION AUTHORIZATION");
      statement("RESET ROLE");
      statement("RESET ALL");
      statement("SET client_encoding = 'UTF8'");
    }
    // Only a transaction of its own, on a server that knows when it began, can tell how long it took.
    std::optional<std::chrono::nanoseconds> elapsed = std::chrono::nanoseconds{0};
    if (postgres() && step.execution == Execution::transaction && plan_.scope != TransactionScope::all) elapsed.reset();
    const auto rows = step.direction == Direction::up
                          ? script_.scheme.record_up_sql(script_.dialect, script_.table, step.migration, elapsed)
                          : script_.scheme.record_down_sql(script_.dialect, script_.table, step.migration.version);
    for (const std::string& sql : script_.grants.after) statement(sql);
    for (const std::string& sql : rows) statement(sql);
  }

  std::string begin(const std::string& characteristics) const {
    if (script_.dialect == Dialect::sqlite) return "BEGIN IMMEDIATE";
    return characteristics.empty() ? "BEGIN" : "BEGIN " + characteristics;
  }

  void statement(std::string_view sql) {
    write_(sql);
    // A comment at the end of the last line would swallow the semicolon.
    const auto last_line = sql.rfind('\n') == std::string_view::npos ? sql : sql.substr(sql.rfind('\n'));
    write_(last_line.find("--") == std::string_view::npos ? ";\n" : "\n;\n");
  }

  void line(std::string_view text) {
    write_(text);
    write_("\n");
  }

  const Plan& plan_;
  const SqlScript& script_;
  const std::function<void(std::string_view)>& write_;
};

}  // namespace

void write_sql_script(const Plan& plan, const SqlScript& script, const std::function<void(std::string_view)>& write) {
  ScriptWriter(plan, script, write).write();
}

}  // namespace dunlin::cli
