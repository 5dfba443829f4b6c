// A session on a new database file, and migrations as texts, for tests of what only SQLite does.
#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/contract/contract.h"
#include "db/sqlite/scratch.h"

namespace dunlin::sqlite {

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    session_.reset();
    options_.interrupt = &interrupt_;
    session_ = driver_->open(scratch_.made(), options_);
    run("CREATE TABLE IF NOT EXISTS applied_version (version BIGINT PRIMARY KEY, took BIGINT NOT NULL)");
  }

  // Statements as an application would run them, one by one.
  void run(const std::string& sql) { ASSERT_EQ(try_run(sql), ""); }
  std::string try_run(const std::string& sql) {
    const StatementResult result = session_->execute({sql, {}}, nullptr, recorder_);
    return result.error ? result.error->message : "";
  }

  std::string value(const std::string& sql) {
    const Rows rows = session_->query(sql);
    return rows.empty() ? "no row" : rows.front().front().value_or("NULL");
  }
  bool has_table(const std::string& name) { return session_->locate({"", name}).exists; }
  bool recorded(int version) {
    return value(fmt::format("SELECT count(*) FROM applied_version WHERE version = {}", version)) == "1";
  }

  ApplyResult apply(const contract::Batch& batch, TransactionScope scope = TransactionScope::each) {
    return session_->apply(batch.units(), scope, std::nullopt, recorder_);
  }
  // One migration; the history is as it is.
  ApplyResult migrate(int version, const std::string& sql) {
    contract::Batch one = batch();
    one.add(version, sql);
    return apply(one);
  }
  contract::Batch batch() {
    contract::Batch made("dunlin_elapsed_ns()");
    made.rows = static_cast<std::size_t>(std::stoul(value("SELECT count(*) FROM applied_version")));
    return made;
  }
  std::string codes() const {
    std::string all;
    for (const Diagnostic& found : recorder_.diagnostics) {
      all += fmt::format("{}{}:{}", all.empty() ? "" : " ", found.code, found.where.line);
    }
    return all;
  }

  Scratch scratch_;
  Interrupt interrupt_;
  SessionOptions options_;
  std::unique_ptr<Driver> driver_ = make_driver();
  std::unique_ptr<Session> session_;
  contract::Recorder recorder_;
};

// Tests named after the numbered rules for working with SQLite.
class Protocol : public SqliteTest {};

}  // namespace dunlin::sqlite
