#include "core/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_database.h"

namespace dunlin {
namespace {

using ::testing::ElementsAre;

AppliedMigration row(int number, std::string checksum = {}, bool success = true) {
  AppliedMigration applied;
  applied.version = test::version(number);
  applied.checksum = checksum.empty() ? "select " + std::to_string(number) : std::move(checksum);
  applied.success = success;
  return applied;
}

std::vector<MigrationState> states(const Status& status) {
  std::vector<MigrationState> states;
  for (const StatusRow& row : status.rows) states.push_back(row.state);
  return states;
}

using enum MigrationState;

TEST(Status, LaysFilesAndHistorySideBySide) {
  const Status status = make_status(test::catalog(3), test::FakeScheme{}, {row(2), row(1), row(5)});
  EXPECT_THAT(states(status), ElementsAre(applied, applied, pending, ahead));
  EXPECT_EQ(status.at_version().text, "5");
  EXPECT_TRUE(status.rows[2].out_of_order);
}

TEST(Status, ARowBelowTheNewestFileWithoutAFileIsMissing) {
  Catalog catalog = test::catalog(3);
  catalog.migrations.erase(catalog.migrations.begin() + 1);
  const Status status = make_status(catalog, test::FakeScheme{}, {row(1), row(2)});
  EXPECT_THAT(states(status), ElementsAre(applied, missing, pending));
}

TEST(Status, EverythingIsAheadOfAnEmptyDirectory) {
  const Status status = make_status(Catalog{}, test::FakeScheme{}, {row(1), row(2)});
  EXPECT_THAT(states(status), ElementsAre(ahead, ahead));
}

TEST(Status, ADirtyRowIsFailedAndNotWhereTheSchemaStands) {
  const Status status = make_status(test::catalog(2), test::FakeScheme{}, {row(1), row(2, {}, false)});
  EXPECT_THAT(states(status), ElementsAre(applied, failed));
  EXPECT_EQ(status.at_version().text, "1");
}

TEST(Status, TellsWhitespaceDriftFromAChange) {
  Catalog catalog = test::catalog(2);
  for (Migration& migration : catalog.migrations) {
    migration.up = Script::from_text(migration.checksum + "\n", migration.name);
    migration.checksum += "\n";
  }
  const Status status = make_status(catalog, test::FakeScheme{}, {row(1), row(2, "drop table x")});
  EXPECT_TRUE(status.rows[0].changed);
  EXPECT_TRUE(status.rows[0].changed_only_in_whitespace);
  EXPECT_TRUE(status.rows[1].changed);
  EXPECT_FALSE(status.rows[1].changed_only_in_whitespace);

  const std::vector<Diagnostic> found = validate(catalog, status);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].code, "line-endings-changed");
  EXPECT_EQ(found[0].severity, Severity::warning);
  EXPECT_EQ(found[1].code, "changed");
  EXPECT_EQ(found[1].severity, Severity::error);
}

TEST(Status, OutOfOrderIsAboutTheNewestAppliedRow) {
  const Status status = make_status(test::catalog(3), test::FakeScheme{}, {row(2)});
  EXPECT_TRUE(status.rows[0].out_of_order);
  EXPECT_FALSE(status.rows[2].out_of_order);
  EXPECT_EQ(status.out_of_order(), 1U);
}

}  // namespace
}  // namespace dunlin
