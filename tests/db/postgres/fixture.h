// A database of its own for each test, and the pieces of a run built by hand.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/postgres/driver.h"
#include "dunlin/driver.h"

namespace dunlin::testing {

// From tests/support/with_servers.py; fails the test when it is not there.
std::string server_url(const char* variable = "DUNLIN_TEST_POSTGRES_URL");
std::string with_database(const std::string& url, const std::string& database);
// With ?name=value, or &name=value behind others.
std::string with_parameter(const std::string& url, const std::string& parameter);

// Remembers what it was told.
class Recorder : public Observer {
 public:
  void step_started(const Step& step, std::size_t index) override;
  void statement_finished(const Step& step, std::size_t statement) override;
  void step_finished(const Step& step, const AppliedStep&) override;
  void statement_blocked(const Step&, const std::string& mode, const std::string& relation,
                         const std::vector<Blocker>& blockers) override;
  void server_progress(const Step&, const ServerProgress& progress) override;
  void tick() override;
  void notice(const Step* step, const ServerNotice& notice) override;
  void diagnostic(const Diagnostic& diagnostic) override;

  std::vector<std::string> events;  // "start 1", "statement 1.0", "finish 1"
  std::vector<std::string> blocked;
  std::vector<Blocker> blockers;
  std::vector<ServerProgress> progress;
  std::vector<ServerNotice> notices;
  std::vector<std::string> notice_versions;
  std::vector<Diagnostic> diagnostics;
  int ticks = 0;
  std::function<void()> on_tick;
  std::function<void(const std::string&)> on_event;

 private:
  void add(std::string event);
};

// Steps whose scripts are texts, and the units over them. Records go into a table `history(version)`.
class Steps {
 public:
  // The version is the number, the name of the script "<number>.sql".
  Step& add(const std::string& sql);
  Step& add_callback(MigrationCallback callback);
  std::vector<Unit> units();
  Step& operator[](std::size_t i) { return *steps_[i]; }
  std::size_t size() const { return steps_.size(); }

 private:
  std::vector<std::unique_ptr<Step>> steps_;
};

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::unique_ptr<Session> open(SessionOptions options = {});
  std::unique_ptr<Session> open_as(const std::string& user, SessionOptions options = {});
  // On a session of its own.
  Rows run(const std::string& sql);
  std::string value(const std::string& sql);
  // The versions in `history`, in order: "1,2".
  std::string history();
  ApplyResult apply(Session&, Steps&, Observer&, TransactionScope scope = TransactionScope::each);
  ApplyResult apply(Session&, Steps&, TransactionScope scope = TransactionScope::each);
  // Waits for a condition on the server; fails the test after ten seconds.
  void wait_until(const std::string& condition);

  std::string url_;
  std::string database_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Session> side_;
  RunLock lock_{4711, {}};
};

// The rules of the protocol, by number.
class Protocol : public PostgresTest {};

}  // namespace dunlin::testing
