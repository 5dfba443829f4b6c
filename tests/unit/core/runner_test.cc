#include "core/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_database.h"

namespace dunlin {
namespace {

using test::Trouble;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Recorder final : public Observer {
 public:
  void step_retrying(const Step& step, int attempt, int, const Error&, std::chrono::milliseconds) override {
    events.push_back("retry " + step.migration.version.text + " #" + std::to_string(attempt));
  }
  void waiting_for_run_lock(const std::vector<Blocker>& holders, std::chrono::milliseconds) override {
    events.push_back("waiting for " + std::to_string(holders.front().pid));
  }
  void reconnecting(const Error&, int attempt) override { events.push_back("reconnect " + std::to_string(attempt)); }
  void run_started(const Plan& plan) override { events.push_back("plan of " + std::to_string(plan.steps.size())); }
  std::vector<std::string> events;
};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    project.catalog = test::catalog(4);
    project.scheme = &scheme;
    project.table = {"", "history"};
    project.driver = std::make_shared<test::FakeDriver>(database);
    project.clock = &clock;
    project.session.interrupt = &interrupt;
  }

  void applied(std::initializer_list<int> versions) {
    for (const int v : versions) database.history[v] = {"select " + std::to_string(v)};
  }
  std::vector<int> history() const {
    std::vector<int> versions;
    for (const auto& [v, row] : database.history) versions.push_back(v);
    return versions;
  }
  static std::vector<std::string> versions(const Report& report) {
    std::vector<std::string> versions;
    for (const AppliedStep& step : report.applied) versions.push_back(step.version.text);
    return versions;
  }
  // What the report says is applied; "unknown" where it says nothing.
  static std::string known(const Report& report) {
    if (!report.status) return "unknown";
    std::string versions;
    for (const StatusRow& row : report.status->rows) {
      if (row.state == MigrationState::applied) versions += row.version.text;
    }
    return versions;
  }
  Report up() { return run_up(project, options, observer); }
  Report down() { return run_down(project, options, observer); }

  test::FakeDatabase database;
  test::FakeScheme scheme;
  test::FakeClock clock;
  Interrupt interrupt;
  Project project;
  RunOptions options;
  Recorder observer;
};

TEST_F(RunnerTest, AppliesWhatIsPendingUnderTheLock) {
  applied({1});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_THAT(versions(report), ElementsAre("2", "3", "4"));
  EXPECT_THAT(history(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(report.at_version.text, "4");
  EXPECT_EQ(report.pending_left, 0U);
  EXPECT_EQ(known(report), "1234");
  EXPECT_THAT(database.log, ElementsAre("lock 1", "unlock 1", "close 1"));
}

TEST_F(RunnerTest, TakesNoLockAndWritesNothingWhenNothingIsPending) {
  applied({1, 2, 3, 4});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::nothing);
  EXPECT_EQ(known(report), "1234");
  EXPECT_THAT(database.log, Not(Contains("lock 1")));
}

TEST_F(RunnerTest, PlansAgainUnderTheLockBecauseAnotherRunnerMayHaveBeenFaster) {
  database.on_lock = [this] { applied({1, 2, 3}); };
  const Report report = up();
  EXPECT_THAT(versions(report), ElementsAre("4"));
}

TEST_F(RunnerTest, GivesUpOnABusyLockNamingItsHolder) {
  database.lock_busy_for = 1'000'000;
  options.lock_wait = std::chrono::seconds{3};
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::error);
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->kind, ErrorKind::lock_busy);
  EXPECT_THAT(report.error->message, HasSubstr("pid 99"));
  EXPECT_THAT(report.error->hint, HasSubstr("dunlin lock status"));
  EXPECT_GE(clock.slept, std::chrono::seconds{3});
  EXPECT_TRUE(database.history.empty());
}

TEST_F(RunnerTest, LockWaitOfZeroAsksOnce) {
  database.lock_busy_for = 1;
  options.lock_wait = std::chrono::seconds{0};
  EXPECT_EQ(up().error->kind, ErrorKind::lock_busy);
}

TEST_F(RunnerTest, TriesAgainFromTheStepThatHitALockTimeout) {
  database.troubles.push_back({.outcome = ApplyOutcome::failed, .after = 1, .retryable = true});
  database.troubles.push_back({.outcome = ApplyOutcome::failed, .after = 0, .retryable = true});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_THAT(versions(report), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(observer.events, ElementsAre("plan of 4", "retry 2 #1", "retry 2 #2"));
}

TEST_F(RunnerTest, GivesUpAfterTheConfiguredRetries) {
  options.lock_retries = 2;
  for (int i = 0; i < 3; ++i) {
    database.troubles.push_back({.outcome = ApplyOutcome::failed, .after = 0, .retryable = true});
  }
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.failed->version.text, "1");
  EXPECT_FALSE(report.failed->remains);
}

TEST_F(RunnerTest, NeverRetriesAStepThatLeftSomethingBehind) {
  database.troubles.push_back({.outcome = ApplyOutcome::failed, .after = 0, .retryable = true, .remains = true});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_TRUE(report.failed->remains);
  EXPECT_THAT(observer.events, ElementsAre("plan of 4"));
}

TEST_F(RunnerTest, ReportsWhatWasAppliedWhenAStepFails) {
  database.troubles.push_back({.outcome = ApplyOutcome::failed, .after = 2});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(versions(report), ElementsAre("1", "2"));
  EXPECT_EQ(report.failed->version.text, "3");
  EXPECT_EQ(known(report), "12");
  EXPECT_EQ(report.pending_left, 2U);
}

TEST_F(RunnerTest, Rule1_18_AFailureBecauseAnotherToolWasFasterIsNoFailure) {
  database.troubles.push_back({.outcome = ApplyOutcome::failed, .after = 0, .meanwhile = [this] { applied({1}); }});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_TRUE(report.applied.front().by_another);
  EXPECT_THAT(history(), ElementsAre(1, 2, 3, 4));
}

TEST_F(RunnerTest, Rule1_1_ACommitThatLandsAfterTheReconnectIsNotRunTwice) {
  // The link breaks at the commit of 2; it lands while the old server process still holds the lock.
  database.troubles.push_back(
      {.outcome = ApplyOutcome::lost, .after = 1, .kind = ErrorKind::connect, .meanwhile = [this] {
         database.lock_busy_for = 20;
         database.lock_holder = 1;
         clock.on_sleep = [this] {
           if (database.lock_busy_for == 10) applied({2});
         };
       }});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_THAT(versions(report), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(history(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(database.log, Contains("lock 2"));
}

TEST_F(RunnerTest, Rule1_1_EndsItsOwnOrphanAfterAGrace) {
  database.troubles.push_back(
      {.outcome = ApplyOutcome::lost, .after = 0, .kind = ErrorKind::connect, .meanwhile = [this] {
         database.lock_busy_for = 1'000'000;
         database.lock_holder = 1;
       }});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_THAT(database.log, Contains("terminate 1"));
  EXPECT_GE(clock.slept, std::chrono::seconds{2});
}

TEST_F(RunnerTest, Rule1_1_NeverEndsASessionThatIsNotItsOwn) {
  database.troubles.push_back(
      {.outcome = ApplyOutcome::lost, .after = 0, .kind = ErrorKind::connect, .meanwhile = [this] {
         database.lock_busy_for = 1'000'000;
         database.lock_holder = 99;
       }});
  options.lock_wait = std::chrono::seconds{5};
  const Report report = up();
  EXPECT_EQ(report.error->kind, ErrorKind::lock_busy);
  EXPECT_THAT(database.log, Not(Contains("terminate 99")));
}

TEST_F(RunnerTest, SaysInDoubtWhenTheDatabaseStaysAway) {
  database.troubles.push_back({.outcome = ApplyOutcome::lost, .after = 1, .kind = ErrorKind::connect});
  database.connects = std::deque<bool>(1000, false);
  database.connects.front() = true;
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::error);
  EXPECT_EQ(report.error->kind, ErrorKind::in_doubt);
  EXPECT_THAT(versions(report), ElementsAre("1"));
  EXPECT_EQ(known(report), "unknown");
  EXPECT_GE(clock.slept, std::chrono::seconds{25});
}

// It may have committed, although nothing is known to be applied.
TEST_F(RunnerTest, KnowsNothingOfTheHistoryWhenTheDatabaseStaysAwayFromTheFirstStepOn) {
  database.troubles.push_back({.outcome = ApplyOutcome::lost, .after = 0, .kind = ErrorKind::connect});
  database.connects = std::deque<bool>(1000, false);
  database.connects.front() = true;
  const Report report = up();
  EXPECT_EQ(report.error->kind, ErrorKind::in_doubt);
  EXPECT_EQ(known(report), "unknown");
}

TEST_F(RunnerTest, PlansAgainWhenTheHistoryMoved) {
  database.troubles.push_back({.outcome = ApplyOutcome::moved, .after = 0, .meanwhile = [this] { applied({1, 2}); }});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_THAT(history(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(observer.events, ElementsAre("plan of 4", "plan of 2"));
}

TEST_F(RunnerTest, DownUndoesOneAlsoWhenTheLinkBreaksAfterItsCommit) {
  applied({1, 2, 3, 4});
  database.troubles.push_back(
      {.outcome = ApplyOutcome::lost, .after = 0, .kind = ErrorKind::connect, .meanwhile = [this] {
         database.history.erase(4);
       }});
  const Report report = down();
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_THAT(versions(report), ElementsAre("4"));
  EXPECT_THAT(history(), ElementsAre(1, 2, 3));
}

TEST_F(RunnerTest, AnInterruptStopsBeforeTheNextStep) {
  database.troubles.push_back(
      {.outcome = ApplyOutcome::interrupted, .after = 2, .meanwhile = [this] { interrupt.request(15); }});
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::interrupted);
  EXPECT_THAT(versions(report), ElementsAre("1", "2"));
  EXPECT_THAT(database.log, Contains("unlock 1"));
}

TEST_F(RunnerTest, RefusesWithoutALockWhenAnAppliedFileChanged) {
  applied({1});
  database.history[1].checksum = "something else";
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::refused);
  EXPECT_EQ(report.error->kind, ErrorKind::validation);
  EXPECT_EQ(report.status->at_version().text, "1");
  EXPECT_TRUE(database.log == std::vector<std::string>{"close 1"});
}

TEST_F(RunnerTest, ADirtyRowIsWorseThanAChangedFile) {
  applied({1, 2});
  database.history[1].checksum = "something else";
  database.history[2].success = false;
  EXPECT_EQ(up().error->kind, ErrorKind::remains);
}

TEST_F(RunnerTest, AFailedConnectionIsAReport) {
  database.connects = {false};
  const Report report = up();
  EXPECT_EQ(report.outcome, Outcome::error);
  EXPECT_EQ(report.error->kind, ErrorKind::connect);
  EXPECT_EQ(known(report), "unknown");
}

TEST_F(RunnerTest, AnUnknownTargetIsAUsageError) {
  options.to = "77";
  EXPECT_THROW(up(), Failure);
}

}  // namespace
}  // namespace dunlin
