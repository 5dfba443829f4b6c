// The library on SQLite files: what a program that embeds dunlin does, and what it finds afterwards.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/open.h"
#include "core/journal.h"
#include "core/settle.h"
#include "dunlin/migrator.h"

namespace dunlin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/dunlin-engine-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    root_ = pattern;
    fs::create_directory(root_ / "migrations");
    options_.url = "sqlite:" + (root_ / "app.db").string() + "?mode=rwc";
    options_.directory = (root_ / "migrations").string();
  }
  void TearDown() override { fs::remove_all(root_); }

  void file(const std::string& name, const std::string& text) {
    std::ofstream(root_ / "migrations" / name, std::ios::binary) << text;
  }
  Migrator open() { return Migrator::open(options_); }
  // The first column of a query on the database.
  std::vector<std::string> ask(const std::string& sql) {
    const Project project = app::open(options_);
    const auto session = project.connect(true);
    std::vector<std::string> values;
    for (const Row& row : session->query(sql)) values.push_back(row.front().value_or("NULL"));
    return values;
  }
  static std::vector<std::string> versions(const Report& report) {
    std::vector<std::string> versions;
    for (const AppliedStep& step : report.applied) versions.push_back(step.version.text);
    return versions;
  }

  fs::path root_;
  MigratorOptions options_;
};

TEST_F(EngineTest, UpDownUp) {
  file("1_a.up.sql", "CREATE TABLE a (i INTEGER);\nINSERT INTO a VALUES (1);\n");
  file("1_a.down.sql", "DROP TABLE a;\n");
  file("2_b.up.sql", "CREATE TABLE b (i INTEGER);\n");
  file("2_b.down.sql", "DROP TABLE b;\n");
  Migrator migrator = open();
  EXPECT_THAT(versions(migrator.up()), ElementsAre("1", "2"));
  const auto schema = ask("SELECT sql FROM sqlite_master WHERE name IN ('a', 'b') ORDER BY name");
  EXPECT_EQ(migrator.up().outcome, Outcome::nothing);
  EXPECT_THAT(versions(migrator.down({.all = true})), ElementsAre("2", "1"));
  EXPECT_THAT(ask("SELECT name FROM sqlite_master WHERE name IN ('a', 'b')"), IsEmpty());
  EXPECT_THAT(ask("SELECT version FROM _sqlx_migrations"), IsEmpty());
  EXPECT_THAT(versions(migrator.up()), ElementsAre("1", "2"));
  EXPECT_EQ(ask("SELECT sql FROM sqlite_master WHERE name IN ('a', 'b') ORDER BY name"), schema);
}

TEST_F(EngineTest, AFailureLeavesTheMigrationsBeforeItAndNothingOfItself) {
  file("1_a.sql", "CREATE TABLE a (i INTEGER);");
  file("2_b.sql", "CREATE TABLE b (i INTEGER);\nINSERT INTO nowhere VALUES (1);");
  file("3_c.sql", "CREATE TABLE c (i INTEGER);");
  const Report report = open().up();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(versions(report), ElementsAre("1"));
  ASSERT_TRUE(report.failed);
  EXPECT_EQ(report.failed->version.text, "2");
  EXPECT_EQ(report.failed->error.where.line, 2);
  EXPECT_FALSE(report.failed->remains);
  EXPECT_EQ(report.pending_left, 2U);
  EXPECT_EQ(report.at_version.text, "1");
  EXPECT_THAT(ask("SELECT name FROM sqlite_master WHERE name IN ('a','b','c')"), ElementsAre("a"));
}

TEST_F(EngineTest, AJournalledMigrationIsContinuedAfterItsFileIsMended) {
  const std::string head = "-- no-transaction\nCREATE TABLE a (i INTEGER);\nVACUUM;\n";
  file("1_a.sql", head + "INSERT INTO nowhere VALUES (1);\nCREATE TABLE b (i INTEGER);\n");
  const Report failed = open().up();
  EXPECT_EQ(failed.outcome, Outcome::failed);
  EXPECT_TRUE(failed.failed->remains);
  EXPECT_TRUE(failed.failed->resumable);
  EXPECT_THAT(ask("SELECT statement || ' ' || state FROM dunlin_journal ORDER BY statement"),
              ElementsAre("1 done", "2 done"));

  file("1_a.sql", head + "INSERT INTO a VALUES (7);\nCREATE TABLE b (i INTEGER);\n");
  const Report continued = open().up();
  EXPECT_EQ(continued.outcome, Outcome::applied) << (continued.failed ? continued.failed->error.message : "");
  EXPECT_THAT(ask("SELECT i FROM a"), ElementsAre("7"));
  EXPECT_THAT(ask("SELECT version FROM _sqlx_migrations"), ElementsAre("1"));
  EXPECT_THAT(ask("SELECT statement FROM dunlin_journal"), IsEmpty());
}

TEST_F(EngineTest, Rule3_5_AFinishedStatementThatWasEditedStopsTheRun) {
  file("1_a.sql", "-- no-transaction\nCREATE TABLE a (i INTEGER);\nVACUUM;\nINSERT INTO nowhere VALUES (1);\n");
  open().up();
  file("1_a.sql", "-- no-transaction\nCREATE TABLE z (i INTEGER);\nVACUUM;\nINSERT INTO z VALUES (1);\n");
  const Report report = open().up();
  ASSERT_TRUE(report.failed);
  EXPECT_EQ(report.failed->error.kind, ErrorKind::remains);
  EXPECT_FALSE(report.failed->resumable);
  EXPECT_THAT(report.failed->error.hint, HasSubstr("dunlin resolve 1"));
}

TEST_F(EngineTest, AHalfDoneMigrationIsNotRunAsOneTransaction) {
  file("1_a.sql", "-- no-transaction\nCREATE TABLE a (i INTEGER);\nVACUUM;\nINSERT INTO nowhere VALUES (1);\n");
  open().up();
  file("1_a.sql", "CREATE TABLE a (i INTEGER);\n");
  const Report report = open().up();
  EXPECT_EQ(report.outcome, Outcome::error);
  EXPECT_EQ(report.error->kind, ErrorKind::remains);
}

TEST_F(EngineTest, AnEditedHistoryIsAskedAboutAndNeverSkipped) {
  file("1_a.sql", "-- no-transaction\nCREATE TABLE a (i INTEGER);\nVACUUM;\n");
  open().up();
  const Project project = app::open(options_);
  {
    const auto session = project.connect(false);
    Observer silent;
    Journal journal(Dialect::sqlite, {"", "_sqlx_migrations"});
    journal.create(*session, {}, silent);
    const JournalKey key{project.catalog.migrations[0].version, Direction::up};
    const std::vector<std::string> sql{
        "DELETE FROM _sqlx_migrations",
        journal.done_sql(key, {1, true, fingerprint("CREATE TABLE a (i INTEGER)"), ""}),
        journal.done_sql(key, {2, true, fingerprint("VACUUM"), ""}),
    };
    ASSERT_EQ(session->execute_together({}, sql, nullptr, silent).outcome, StatementOutcome::done);
  }
  const Report report = open().up();
  ASSERT_TRUE(report.failed);
  EXPECT_TRUE(report.failed->remains);
  EXPECT_THAT(report.failed->error.hint, HasSubstr("--applied | --rolled-back"));

  Observer silent;
  resolve(project, {}, "1", Resolution::applied, std::nullopt, silent);
  EXPECT_EQ(open().up().outcome, Outcome::nothing);
}

TEST_F(EngineTest, Rule3_6_ResolveSettlesOneStatement) {
  file("1_a.sql", "-- no-transaction\nCREATE TABLE a (i INTEGER);\nVACUUM;\nCREATE TABLE b (i INTEGER);\n");
  const Project project = app::open(options_);
  Observer silent;
  {
    const auto session = project.connect(false);
    Journal journal(Dialect::sqlite, {"", "_sqlx_migrations"});
    journal.create(*session, {}, silent);
    const JournalKey key{project.catalog.migrations[0].version, Direction::up};
    const std::vector<std::string> sql{
        "CREATE TABLE a (i INTEGER)",
        journal.done_sql(key, {1, true, fingerprint("CREATE TABLE a (i INTEGER)"), ""}),
        journal.intent_sql(key, {2, false, fingerprint("VACUUM"), ""}),
    };
    ASSERT_EQ(session->execute_together({}, sql, nullptr, silent).outcome, StatementOutcome::done);
    const std::vector<Unsettled> left = unsettled(project, *session);
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].statement, 2U);
    EXPECT_EQ(left[0].statement_text, "VACUUM");
  }
  resolve(project, {}, "1", Resolution::statement_done, 2, silent);
  EXPECT_EQ(open().up().outcome, Outcome::applied);
  EXPECT_THAT(ask("SELECT name FROM sqlite_master WHERE name IN ('a','b') ORDER BY name"), ElementsAre("a", "b"));
}

TEST_F(EngineTest, BaselineRecordsWithoutRunning) {
  file("1_a.sql", "CREATE TABLE a (i INTEGER);");
  file("2_b.sql", "CREATE TABLE b (i INTEGER);");
  Observer silent;
  EXPECT_EQ(apply_baseline(app::open(options_), {}, "1", silent).size(), 1U);
  EXPECT_THAT(versions(open().up()), ElementsAre("2"));
  EXPECT_THAT(ask("SELECT name FROM sqlite_master WHERE name IN ('a','b')"), ElementsAre("b"));
}

TEST_F(EngineTest, FixChecksumsReblesses) {
  file("1_a.sql", "CREATE TABLE a (i INTEGER);\n");
  open().up();
  file("1_a.sql", "CREATE TABLE a (i INTEGER);\r\n");
  EXPECT_EQ(open().validate().size(), 1U);
  Observer silent;
  EXPECT_EQ(fix_checksums(app::open(options_), {}, true, silent).size(), 1U);
  EXPECT_THAT(open().validate(), IsEmpty());
}

TEST_F(EngineTest, CallbacksRunInsideTheMigrationsTransaction) {
  options_.directory.clear();
  Migration good;
  good.version.text = "1";
  good.name = "made_in_code";
  good.up_callback = [](MigrationContext& context) {
    context.execute("CREATE TABLE a (i INTEGER)");
    context.execute("INSERT INTO a VALUES (" + std::to_string(context.query("SELECT 40 + 2").size()) + ")");
  };
  Migration bad;
  bad.version.text = "2";
  bad.name = "fails";
  bad.up_callback = [](MigrationContext& context) {
    context.execute("CREATE TABLE b (i INTEGER)");
    context.execute("INSERT INTO nowhere VALUES (1)");
  };
  options_.migrations = {good, bad};
  const Report report = open().up();
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_THAT(versions(report), ElementsAre("1"));
  EXPECT_THAT(ask("SELECT name FROM sqlite_master WHERE name IN ('a','b')"), ElementsAre("a"));
}

TEST_F(EngineTest, EmbeddedFilesAndListAndHealth) {
  options_.directory.clear();
  options_.embedded = {{"1_a.sql", "CREATE TABLE a (i INTEGER);"}, {"2_b.sql", "CREATE TABLE b (i INTEGER);"}};
  Migrator migrator = open();
  EXPECT_FALSE(migrator.health().last_migration);
  migrator.up({.steps = 1});
  const Health health = migrator.health();
  EXPECT_TRUE(health.reachable);
  EXPECT_EQ(health.pending, 1U);
  EXPECT_EQ(health.last_migration->version.text, "1");
  EXPECT_EQ(migrator.list().size(), 2U);
  EXPECT_EQ(migrator.list(5).size(), 1U);
}

TEST_F(EngineTest, HealthOfADatabaseThatIsNotThereIsAnAnswer) {
  file("1_a.sql", "SELECT 1;");
  options_.url = "sqlite:" + (root_ / "absent.db").string();
  const Health health = open().health();
  EXPECT_FALSE(health.reachable);
  EXPECT_FALSE(health.error.empty());
  EXPECT_FALSE(fs::exists(root_ / "absent.db"));
}

}  // namespace
}  // namespace dunlin
