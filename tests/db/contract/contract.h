// What every driver owes the engine, tried on a real database. An executable that includes the *_contract.h files and
// instantiates `Contract` with a DatabaseKind runs all of it.
#pragma once

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/contract/database.h"
#include "dunlin/driver.h"

namespace dunlin::contract {

// Writes down what it is told.
class Recorder : public Observer {
 public:
  void step_started(const Step& step, std::size_t index) override {
    events.push_back(fmt::format("{} started {}", index, step.migration.version.text));
  }
  void statement_finished(const Step&, std::size_t) override { ++statements; }
  void step_finished(const Step&, const AppliedStep& applied) override {
    events.push_back(fmt::format("finished {}", applied.version.text));
  }
  void step_failed(const Step&, const FailedStep&) override { events.push_back("failed: the runner says so"); }
  void diagnostic(const Diagnostic& found) override { diagnostics.push_back(found); }
  void waiting_for_run_lock(const std::vector<Blocker>&, std::chrono::milliseconds) override { ++waits; }
  void tick() override {
    ++ticks;
    if (interrupt_at_tick != nullptr) interrupt_at_tick->request(SIGTERM);
  }

  std::vector<std::string> events;
  std::vector<Diagnostic> diagnostics;
  int statements = 0;
  int ticks = 0;
  int waits = 0;
  Interrupt* interrupt_at_tick = nullptr;
};

// Migrations, with a small history table of their own: applied_version(version), one row each.
class Batch {
 public:
  explicit Batch(std::string elapsed_sql) : elapsed_sql_(std::move(elapsed_sql)) {}

  Step& add(int version, const std::string& up, const std::string& down = {}) {
    Step& step = add_step(version);
    const std::string name = fmt::format("{}_step", version);
    step.migration.up = Script::from_text(up, name + ".sql");
    if (!down.empty()) step.migration.down = Script::from_text(down, name + ".down.sql");
    return step;
  }

  Step& add_callback(int version, MigrationCallback callback) {
    Step& step = add_step(version);
    step.migration.up_callback = std::move(callback);
    return step;
  }

  // How many rows the history is expected to have when the first unit begins.
  std::size_t rows = 0;

  std::vector<Unit> units() const {
    std::vector<Unit> units;
    std::size_t expected = rows;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Step& step = *steps_[i];
      const std::string& version = step.migration.version.text;
      const bool up = step.direction == Direction::up;
      Unit unit{.step = &step, .index = i, .record = {}, .fence = {"SELECT count(*) FROM applied_version", ""}};
      unit.record = {up ? fmt::format("INSERT INTO applied_version VALUES ({}, {})", version, elapsed_sql_)
                        : fmt::format("DELETE FROM applied_version WHERE version = {}", version)};
      unit.fence.expected = std::to_string(expected);
      expected += up ? 1 : -1;
      units.push_back(unit);
    }
    return units;
  }

 private:
  Step& add_step(int version) {
    steps_.push_back(std::make_unique<Step>());
    Step& step = *steps_.back();
    step.migration.version = {std::to_string(version), fmt::format("{:08}", version)};
    step.migration.name = "step";
    return step;
  }

  std::string elapsed_sql_;
  std::vector<std::unique_ptr<Step>> steps_;
};

class Contract : public testing::TestWithParam<DatabaseKind> {
 protected:
  void SetUp() override {
    database_ = GetParam().make();
    driver_ = database_->driver();
    options_.interrupt = &interrupt_;
    session_ = driver_->open(database_->url(), options_);
    execute("CREATE TABLE applied_version (version BIGINT PRIMARY KEY, took BIGINT NOT NULL)");
  }

  void execute(const std::string& sql) {
    const StatementResult result = session_->execute({sql, {}}, nullptr, recorder_);
    ASSERT_EQ(result.outcome, StatementOutcome::done) << (result.error ? result.error->message : "");
  }

  Batch batch() const { return Batch(database_->elapsed_sql()); }

  ApplyResult apply(const Batch& batch, TransactionScope scope = TransactionScope::each) {
    const std::optional<RunLock> lock = RunLock{.key = 4711, .name = "contract"};
    EXPECT_TRUE(session_->try_lock(*lock));
    const std::vector<Unit> units = batch.units();
    ApplyResult result = session_->apply(units, scope, lock, recorder_);
    session_->unlock(*lock);
    EXPECT_EQ(result.execution_times.size(), result.committed);
    EXPECT_EQ(result.error.has_value(), result.outcome == ApplyOutcome::failed ||
                                            result.outcome == ApplyOutcome::lost ||
                                            (result.outcome == ApplyOutcome::interrupted && result.error.has_value()));
    return result;
  }

  std::string value(const std::string& sql) {
    const Rows rows = session_->query(sql);
    if (rows.empty() || rows.front().empty()) return "no row";
    return rows.front().front().value_or("NULL");
  }
  std::string history() {
    std::string versions;
    for (const Row& row : session_->query("SELECT version FROM applied_version ORDER BY version")) {
      versions += (versions.empty() ? "" : " ") + row.front().value_or("NULL");
    }
    return versions;
  }
  bool has_table(const std::string& name) { return session_->locate({"", name}).exists; }

  // Whatever went wrong before, the session goes on.
  void expect_usable() {
    Batch next = batch();
    next.rows = static_cast<std::size_t>(std::stoul(value("SELECT count(*) FROM applied_version")));
    next.add(9999, "CREATE TABLE usable (a INTEGER); INSERT INTO usable VALUES (1);");
    const ApplyResult result = apply(next);
    EXPECT_EQ(result.outcome, ApplyOutcome::done) << (result.error ? result.error->message : "");
    EXPECT_EQ(value("SELECT a FROM usable"), "1");
  }

  Interrupt interrupt_;
  SessionOptions options_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Session> session_;
  Recorder recorder_;
};

inline std::string kind_name(const testing::TestParamInfo<DatabaseKind>& info) {
  return info.param.name;
}

}  // namespace dunlin::contract
