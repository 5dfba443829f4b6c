#include "server/health.h"

#include <gtest/gtest.h>

namespace dunlin::server {
namespace {

StatusRow row(MigrationState state, bool ours) {
  StatusRow row;
  row.state = state;
  if (ours) row.migration = 0;
  return row;
}

DatabaseLook look(std::vector<StatusRow> rows) {
  DatabaseLook look;
  look.latency = std::chrono::milliseconds(1);
  look.snapshot.emplace();
  look.snapshot->status.rows = std::move(rows);
  return look;
}

TEST(Readiness, IsAboutTheFilesOfThisVersion) {
  using enum MigrationState;
  EXPECT_TRUE(readiness(look({}), false).ready);
  EXPECT_TRUE(readiness(look({row(applied, true), row(held, true)}), false).ready);
  EXPECT_TRUE(readiness(look({row(applied, true), row(failed, false), row(ahead, false)}), false).ready);
  EXPECT_FALSE(readiness(look({row(applied, true), row(pending, true)}), false).ready);
  EXPECT_FALSE(readiness(look({row(failed, true)}), false).ready);
}

TEST(Readiness, StrictlyOthersCountToo) {
  using enum MigrationState;
  EXPECT_FALSE(readiness(look({row(applied, true), row(failed, false)}), true).ready);
  DatabaseLook running = look({row(applied, true)});
  running.locked = true;
  EXPECT_FALSE(readiness(running, true).ready);
  EXPECT_TRUE(readiness(running, false).ready);
}

TEST(HealthOfAll, IsDownWithTheDatabaseOnly) {
  using enum MigrationState;
  EXPECT_EQ(overall_health(look({row(applied, true)}), {}), Health::ok);
  EXPECT_EQ(overall_health(look({row(pending, true)}), {}), Health::degraded);
  EXPECT_EQ(overall_health(look({}), {{.problem = "gone"}}), Health::degraded);
  DatabaseLook unreadable = look({});
  unreadable.snapshot.reset();
  EXPECT_EQ(schema_health(unreadable), Health::down);
  EXPECT_EQ(overall_health(unreadable, {}), Health::degraded);
  DatabaseLook lagging = look({});
  lagging.replication = Replication{.standbys = 1, .lag = kLongLag + std::chrono::milliseconds(1)};
  EXPECT_EQ(overall_health(lagging, {}), Health::degraded);
  EXPECT_EQ(overall_health(DatabaseLook{}, {}), Health::down);
}

}  // namespace
}  // namespace dunlin::server
