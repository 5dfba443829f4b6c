// What people see, letter by letter: the transcripts that the rendering was built towards.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "cli/render/progress_bar.h"
#include "cli/render/text_info.h"
#include "cli/render/text_report.h"
#include "unit/cli/terminal_screen.h"

namespace dunlin::cli {
namespace {

using namespace std::chrono_literals;

class FakeClock final : public Clock {
 public:
  Steady now() const override { return now_; }
  std::chrono::system_clock::time_point wall_now() const override { return {}; }
  bool sleep(std::chrono::milliseconds, const Interrupt*) override { return false; }
  void advance(Duration by) { now_ += by; }

 private:
  Steady now_ = Steady{} + 1h;
};

Step step(const char* version, const char* name, std::size_t statements = 1) {
  Step made;
  made.migration.version = {version, version};
  made.migration.name = name;
  made.statement_count = statements;
  return made;
}

AppliedStep applied(const Step& of, std::chrono::nanoseconds time) {
  return {.version = of.migration.version, .name = of.migration.name, .execution_time = time};
}

class Transcript : public testing::Test {
 protected:
  Transcript()
      : bar_({.write = [this](std::string_view text) { screen_.write(text); },
              .columns = [] { return std::size_t{120}; },
              .paint = Paint(false)},
             clock_, {.directory = "./migrations", .format = "sqlx"}) {
    plan_.steps = {step("20261120093000", "add_invoices"), step("20261120101500", "index_invoices_customer"),
                   step("20261120110000", "invoice_status")};
    plan_.catalog_size = 214;
    bar_.connected({.product = "PostgreSQL 15.8", .database = "app", .location = "db.internal:5432"});
  }

  const Step& planned(std::size_t index) const { return plan_.steps.at(index); }

  TerminalScreen screen_;
  FakeClock clock_;
  Plan plan_;
  ProgressBar bar_;
};

TEST_F(Transcript, ARunOnATerminalShowsTheServersProgress) {
  bar_.run_started(plan_);
  bar_.step_started(planned(0), 0);
  clock_.advance(1s);
  bar_.step_finished(planned(0), applied(planned(0), 41ms));
  bar_.step_started(planned(1), 1);
  clock_.advance(42s);
  bar_.server_progress(planned(1),
                       {.command = "CREATE INDEX CONCURRENTLY", .phase = "building index", .done = 61, .total = 100});
  EXPECT_EQ(screen_.text(),
            R"(app at db.internal:5432 · PostgreSQL 15.8 · ./migrations (sqlx) · 3 pending of 214

  20261120093000  add_invoices              done      41 ms
  20261120101500  index_invoices_customer   CREATE INDEX CONCURRENTLY · building index 61 % · 0:42, about 0:27 left
  20261120110000  invoice_status
  [############............] 1 of 3 · 0:43
)");
}

TEST_F(Transcript, ARunOnATerminalShowsWhoBlocksIt) {
  bar_.run_started(plan_);
  bar_.step_started(planned(2), 2);
  bar_.step_retrying(planned(2), 1, 10, Error{}, 100ms);
  bar_.statement_blocked(planned(2), "ACCESS EXCLUSIVE", "public.invoices",
                         {{.pid = 4711,
                           .user = "app_user",
                           .application = "nightly-report",
                           .host = "worker-7d9f",
                           .state = "idle in transaction",
                           .query = "SELECT secret FROM customers",
                           .transaction_age = 12min,
                           .state_age = 3min}});
  EXPECT_THAT(
      screen_.text(),
      testing::HasSubstr(
          R"(  20261120110000  invoice_status            waiting for ACCESS EXCLUSIVE on public.invoices · try 2 of 10
      blocked by pid 4711 · app_user@worker-7d9f · "nightly-report" · in transaction for 12 min, idle for 3 min
)"));
}

TEST_F(Transcript, ProgressThatStandsStillBehindABlockerDoesNotHideIt) {
  bar_.run_started(plan_);
  bar_.step_started(planned(1), 1);
  const ServerProgress progress{.command = "CREATE INDEX CONCURRENTLY", .phase = "waiting for old snapshots"};
  for (int second = 0; second < 3; ++second) {
    bar_.statement_blocked(planned(1), "SHARE", "an older transaction", {{.pid = 4711}});
    bar_.server_progress(planned(1), progress);
    EXPECT_THAT(screen_.text(), testing::HasSubstr("waiting for SHARE on an older transaction"));
    EXPECT_THAT(screen_.text(), testing::HasSubstr("blocked by pid 4711"));
    clock_.advance(1s);
  }
  clock_.advance(2s);
  bar_.server_progress(planned(1), progress);
  EXPECT_THAT(screen_.text(), testing::HasSubstr("CREATE INDEX CONCURRENTLY · waiting for old snapshots"));
  EXPECT_THAT(screen_.text(), testing::Not(testing::HasSubstr("4711")));
}

TEST_F(Transcript, NothingIsWiderThanTheTerminal) {
  plan_.steps.push_back(step("20270101000000", std::string(100, 'x').c_str()));
  bar_.run_started(plan_);
  const std::size_t head = screen_.text().size();
  bar_.step_started(planned(3), 3);
  bar_.statement_blocked(planned(3), "ACCESS EXCLUSIVE", std::string(200, 'y'),
                         {{.pid = 1, .application = std::string(200, 'z')}});
  std::istringstream lines(screen_.text().substr(head - 40));
  for (std::string line; std::getline(lines, line);) EXPECT_LT(display_width(line), 120U) << line;
}

TEST_F(Transcript, AnotherRunnersLockIsShownWithItsHolder) {
  bar_.waiting_for_run_lock({{.pid = 4711, .user = "deploy", .application = "dunlin", .host = "ci-3"}}, 65s);
  EXPECT_EQ(screen_.text(),
            "  another runner is at work; waiting for it · 1:05\n"
            "      held by pid 4711 · deploy@ci-3 · \"dunlin\"\n");
  bar_.run_started(plan_);
  EXPECT_THAT(screen_.text(), testing::Not(testing::HasSubstr("another runner")));
}

TEST_F(Transcript, AFinishedRunLeavesItsMigrationsAndASentence) {
  bar_.run_started(plan_);
  Report report{.outcome = Outcome::applied, .planned = 3, .duration = 72s, .at_version = {"20261120110000", "x"}};
  for (std::size_t i = 0; i < 3; ++i) {
    bar_.step_started(planned(i), i);
    report.applied.push_back(applied(planned(i), 41ms));
    bar_.step_finished(planned(i), report.applied.back());
  }
  bar_.run_finished(report);
  screen_.write(render_summary(report, Direction::up));
  EXPECT_EQ(screen_.text(),
            R"(app at db.internal:5432 · PostgreSQL 15.8 · ./migrations (sqlx) · 3 pending of 214

  20261120093000  add_invoices              done      41 ms
  20261120101500  index_invoices_customer   done      41 ms
  20261120110000  invoice_status            done      41 ms

Applied 3 migrations in 1 min 12 s. The schema is at 20261120110000.
)");
}

TEST_F(Transcript, AFailedRunSaysWhatIsWrongWhereAndWhatRemains) {
  bar_.run_started(plan_);
  Report report{.outcome = Outcome::failed, .planned = 3, .pending_left = 1};
  for (std::size_t i = 0; i < 2; ++i) {
    bar_.step_started(planned(i), i);
    report.applied.push_back(applied(planned(i), 41ms));
    bar_.step_finished(planned(i), report.applied.back());
  }
  report.failed = FailedStep{
      .version = planned(2).migration.version,
      .name = planned(2).migration.name,
      .error = {.kind = ErrorKind::sql,
                .message = R"(column "stauts" of relation "invoices" does not exist)",
                .where = {.file = "migrations/20261120110000_invoice_status.sql", .line = 4, .column = 28, .length = 6},
                .line_text = "ALTER TABLE invoices ALTER stauts SET NOT NULL;",
                .sqlstate = "42703"}};
  bar_.step_started(planned(2), 2);
  bar_.step_failed(planned(2), *report.failed);
  bar_.run_finished(report);
  screen_.write(render_problem(report, Direction::up, Paint(false)));
  EXPECT_THAT(screen_.text(), testing::EndsWith(
                                  R"(  20261120110000  invoice_status            failed

error: column "stauts" of relation "invoices" does not exist (42703)
  migrations/20261120110000_invoice_status.sql:4:28
    4 | ALTER TABLE invoices ALTER stauts SET NOT NULL;
      |                            ^~~~~~
Nothing of 20261120110000 remains: its transaction was rolled back. 2 of 3 were applied.
Next: correct the file, then  dunlin migrate
)"));
}

std::chrono::sys_time<std::chrono::microseconds> at(std::chrono::year_month_day day, std::chrono::seconds time) {
  return std::chrono::sys_days(day) + time;
}

TEST(InfoTranscript, TheTableOfADatabaseThatIsAheadChangedAndBehindAtOnce) {
  using namespace std::chrono;
  Catalog catalog{.location = "./migrations", .format = "sqlx"};
  Status status;
  const auto add = [&](const char* version, const char* name, MigrationState state,
                       std::optional<AppliedMigration> row) {
    StatusRow made{.version = {version, version}, .state = state, .applied = std::move(row)};
    if (state == MigrationState::applied || state == MigrationState::pending) {
      Migration migration;
      migration.version = made.version;
      migration.name = name;
      made.migration = catalog.migrations.size();
      catalog.migrations.push_back(migration);
    }
    status.rows.push_back(made);
  };
  add("20260101000000", "initial_schema", MigrationState::applied,
      AppliedMigration{.applied_at = at(2026y / 1 / 1, 10h + 2min), .execution_time = 1200ms});
  for (int i = 0; i < 211; ++i) {
    const std::string version = std::to_string(20260102000000 + i);
    add(version.c_str(), "another", MigrationState::applied,
        AppliedMigration{.applied_at = at(2026y / 1 / 2, 0s), .execution_time = 5ms});
  }
  add("20260315080000", "add_customers", MigrationState::applied,
      AppliedMigration{.applied_at = at(2026y / 3 / 15, 8h + 1min), .execution_time = 212ms});
  status.rows.back().changed = true;
  add("20261120093000", "add_invoices", MigrationState::pending, std::nullopt);
  add("20261201000000", "", MigrationState::ahead,
      AppliedMigration{.applied_at = at(2026y / 12 / 1, 9h + 12min), .execution_time = 88ms});

  const std::string text = render_info(
      {.server = {.database = "app", .location = "db.internal:5432"}, .directory = "./migrations", .format = "sqlx"},
      "_sqlx_migrations", catalog, status, Paint(false));
  std::string shown;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("another") == std::string::npos) shown += line + '\n';
  }
  EXPECT_EQ(shown,
            R"(app at db.internal:5432 · ./migrations (sqlx) · _sqlx_migrations

  VERSION         NAME               STATE     APPLIED             TOOK
  20260101000000  initial_schema     applied   2026-01-01 10:02    1.2 s
  20260315080000  add_customers      changed   2026-03-15 08:01    212 ms   the file differs from what was applied
  20261120093000  add_invoices       pending
  20261201000000  -                  ahead     2026-12-01 09:12    88 ms    applied by a newer version

212 applied · 1 changed · 1 pending · 1 ahead
Next: dunlin validate
)");
}

}  // namespace
}  // namespace dunlin::cli
