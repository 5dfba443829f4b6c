// A database in memory behind the driver port, with a script of what goes wrong. It knows no SQL: its history scheme
// writes words it understands ("up 3", "down 3").
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/history.h"
#include "core/project.h"
#include "dunlin/driver.h"

namespace dunlin::test {

inline Version version(int number) {
  return {std::to_string(number), std::string(1, static_cast<char>('A' + number))};
}

class FakeClock final : public Clock {
 public:
  Steady now() const override { return now_; }
  std::chrono::system_clock::time_point wall_now() const override { return {}; }
  bool sleep(std::chrono::milliseconds duration, const Interrupt* interrupt) override {
    now_ += duration;
    slept += duration;
    if (on_sleep) on_sleep();
    return interrupt != nullptr && interrupt->requested();
  }
  std::chrono::milliseconds slept{0};
  std::function<void()> on_sleep;

 private:
  Steady now_{};
};

class FakeScheme final : public HistoryScheme {
 public:
  std::string_view name() const override { return "fake"; }
  std::string_view default_table() const override { return "history"; }
  std::string checksum(const Script& script) const override { return script.text(); }
  ChecksumMatch compare(const Script& script, const std::string& recorded) const override {
    if (script.text() == recorded) return ChecksumMatch::same;
    return script.text() == recorded + "\n" ? ChecksumMatch::whitespace_only : ChecksumMatch::different;
  }
  std::vector<std::string> create_sql(Dialect, const TableName&) const override { return {"create"}; }
  std::string select_sql(Dialect, const TableName&) const override { return "history"; }
  AppliedMigration row(Dialect, const Row& row) const override {
    AppliedMigration applied;
    applied.version = version(std::stoi(*row[0]));
    applied.checksum = *row[1];
    applied.success = *row[2] == "t";
    return applied;
  }
  std::optional<Version> parse_version(std::string_view text) const override {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return version(std::stoi(std::string(text)));
  }
  std::vector<std::string> record_up_sql(Dialect, const TableName&, const Migration& migration,
                                         std::optional<std::chrono::nanoseconds>) const override {
    return {"up " + migration.version.text + " " + migration.checksum};
  }
  std::vector<std::string> record_down_sql(Dialect, const TableName&, const Version& version) const override {
    return {"down " + version.text};
  }
  std::vector<std::string> record_checksum_sql(Dialect, const TableName&, const Migration& migration) const override {
    return {"down " + migration.version.text, "up " + migration.version.text + " " + migration.checksum};
  }
  Fence fence(Dialect, const TableName&, const Version& version, bool recorded, std::size_t rows) const override {
    return {version.text, (recorded ? "1/" : "0/") + std::to_string(rows)};
  }
  std::optional<RunLock> run_lock(Dialect, std::string_view) const override { return RunLock{42, "fake"}; }
};

struct HistoryRow {
  std::string checksum;
  bool success = true;
};

// What the next apply() does instead of succeeding.
struct Trouble {
  ApplyOutcome outcome = ApplyOutcome::done;
  std::size_t after = 0;  // units committed before it happens
  bool retryable = false;
  bool remains = false;
  ErrorKind kind = ErrorKind::sql;
  std::function<void()> meanwhile;  // what happens to the database before the answer
};

struct FakeDatabase {
  std::map<int, HistoryRow> history;
  bool table_exists = true;
  std::deque<Trouble> troubles;
  std::deque<bool> connects;  // false: this attempt to connect fails
  int lock_busy_for = 0;      // how many more try_lock calls say no
  std::int64_t lock_holder = 99;
  std::function<void()> on_lock;
  std::vector<std::string> log;
  int sessions = 0;

  void write(const std::string& sql) {
    if (sql == "create") {
      table_exists = true;
      return;
    }
    const auto first = sql.find(' ');
    const auto second = sql.find(' ', first + 1);
    const int number = std::stoi(sql.substr(first + 1, second - first - 1));
    if (sql.starts_with("up")) {
      if (!history.emplace(number, HistoryRow{sql.substr(second + 1)}).second) throw std::logic_error("applied twice");
    } else {
      if (history.erase(number) == 0) throw std::logic_error("undone twice");
    }
  }
};

class FakeSession final : public Session {
 public:
  FakeSession(FakeDatabase& database, int number) : database_(database), number_(number) {}
  ~FakeSession() override { database_.log.push_back("close " + std::to_string(number_)); }

  const ServerInfo& server() const override { return server_; }
  BackendId backend() const override { return {number_, "start"}; }
  Rows query(std::string_view) override {
    Rows rows;
    for (const auto& [number, row] : database_.history) {
      rows.push_back({std::to_string(number), row.checksum, row.success ? "t" : "f"});
    }
    return rows;
  }
  TableLocation locate(const TableName& name) override {
    return {{"s", name.name}, name.name == "history" && database_.table_exists};
  }
  bool try_lock(const RunLock&) override {
    if (database_.lock_busy_for > 0) {
      --database_.lock_busy_for;
      return false;
    }
    database_.log.push_back("lock " + std::to_string(number_));
    if (database_.on_lock) std::exchange(database_.on_lock, nullptr)();
    return true;
  }
  bool holds(const RunLock&) override { return true; }
  void unlock(const RunLock&) noexcept override { database_.log.push_back("unlock " + std::to_string(number_)); }
  std::vector<LockHolder> lock_holders(const RunLock&) override {
    LockHolder holder{{database_.lock_holder, "start"}, {}};
    holder.who.pid = database_.lock_holder;
    holder.who.user = "app_user";
    return {holder};
  }
  bool terminate(const BackendId& backend) override {
    database_.log.push_back("terminate " + std::to_string(backend.pid));
    database_.lock_busy_for = 0;
    return true;
  }
  ApplyResult apply(std::span<const Unit> units, TransactionScope, const std::optional<RunLock>&,
                    Observer& observer) override {
    ApplyResult result;
    Trouble trouble{.outcome = ApplyOutcome::done, .after = units.size()};
    if (!database_.troubles.empty()) {
      trouble = database_.troubles.front();
      database_.troubles.pop_front();
    }
    for (std::size_t i = 0; i < std::min(trouble.after, units.size()); ++i) {
      observer.step_started(*units[i].step, units[i].index);
      for (const std::string& sql : units[i].record) database_.write(sql);
      result.execution_times.push_back(std::chrono::milliseconds{1});
      observer.step_finished(*units[i].step, {});
      ++result.committed;
    }
    if (trouble.meanwhile) trouble.meanwhile();
    result.outcome = trouble.outcome;
    result.retryable = trouble.retryable;
    result.remains = trouble.remains;
    if (trouble.outcome == ApplyOutcome::failed || trouble.outcome == ApplyOutcome::lost) {
      result.error = Error{.kind = trouble.kind, .message = "trouble"};
    }
    return result;
  }
  StatementResult execute(const SourceStatement&, const Step*, Observer&) override { return {}; }
  StatementResult execute_together(std::span<const SourceStatement>, std::span<const std::string> record, const Step*,
                                   Observer&) override {
    for (const std::string& sql : record) database_.write(sql);
    return {};
  }
  void reset_state() override {}
  std::string remember(const SourceStatement&) override { return {}; }
  Verdict verify(const SourceStatement&, const std::string&) override { return {}; }

 private:
  FakeDatabase& database_;
  int number_;
  ServerInfo server_{.product = "Fake 1", .database = "app", .location = "memory", .user = "me"};
};

class FakeDriver final : public Driver {
 public:
  explicit FakeDriver(FakeDatabase& database) : database_(database) {}
  std::string_view name() const override { return "fake"; }
  Dialect dialect() const override { return Dialect::postgres; }
  std::unique_ptr<Session> open(const std::string&, const SessionOptions&) override {
    if (!database_.connects.empty()) {
      const bool works = database_.connects.front();
      database_.connects.pop_front();
      if (!works) throw Failure(ErrorKind::connect, "refused");
    }
    return std::make_unique<FakeSession>(database_, ++database_.sessions);
  }
  ServerInfo describe(const std::string&) const override { return {}; }
  DatabaseAdmin* admin() override { return nullptr; }

 private:
  FakeDatabase& database_;
};

// Migrations 1..count, the text of each being "select <n>".
inline Catalog catalog(int count) {
  Catalog catalog;
  catalog.location = "./migrations";
  catalog.format = "fake";
  catalog.no_transaction_mark = "-- no-transaction";
  for (int i = 1; i <= count; ++i) {
    Migration migration;
    migration.version = version(i);
    migration.name = "m" + std::to_string(i);
    const std::string text = "select " + std::to_string(i);
    migration.up = Script::from_text(text, "migrations/" + std::to_string(i) + ".sql");
    migration.down = Script::from_text("select -" + std::to_string(i), "migrations/" + std::to_string(i) + ".down.sql");
    migration.checksum = text;
    catalog.migrations.push_back(std::move(migration));
  }
  return catalog;
}

}  // namespace dunlin::test
