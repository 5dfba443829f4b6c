#include "kubernetes/operator/migrator_status.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using kubernetes::parse_time;

MigratorStatus full_status() {
  MigratorStatus status;
  status.observed_generation = 3;
  status.conditions.apply(succeeded("prod/shop-migrations", "app:2"), 3, *parse_time("2026-01-01T10:00:00Z"));
  status.last_successful_migration = "app:2";
  status.migrated = {{.identity = "app:2",
                      .image = "app:2",
                      .time = *parse_time("2026-01-01T10:00:00Z"),
                      .workload = "Deployment/web",
                      .job_uid = "j2"},
                     {.identity = "app:1",
                      .image = "app:1",
                      .time = *parse_time("2026-01-01T09:00:00Z"),
                      .origin = Migrated::Origin::adopted}};
  status.failures = {{.identity = "app:3",
                      .config = "c",
                      .job_uid = "j3",
                      .attempts = 2,
                      .time = *parse_time("2026-01-01T11:00:00Z"),
                      .next_try = parse_time("2026-01-01T11:02:00Z"),
                      .detail = "exit code 1"}};
  status.blocked = {"app:1"};
  status.history = {{.identity = "app:2",
                     .image = "app:2",
                     .job_uid = "j2",
                     .succeeded = true,
                     .started = *parse_time("2026-01-01T09:59:00Z"),
                     .finished = *parse_time("2026-01-01T10:00:30Z")}};
  status.retried = "1";
  return status;
}

TEST(MigratorStatus, IsReadAsItWasWritten) {
  EXPECT_EQ(read_status(to_json(full_status())), full_status());
  EXPECT_EQ(read_status(to_json(MigratorStatus{})), MigratorStatus{});
  EXPECT_EQ(to_json(full_status())["history"][0]["durationSeconds"], 90);
}

TEST(MigratorStatus, WhatMigrationsOperatorLeftCountsAsMigrated) {
  const MigratorStatus status = read_status(Json{{"lastSuccessfulMigration", "app:1"}});
  EXPECT_TRUE(status.lets_start("app:1"));
  EXPECT_EQ(status.find_migrated("app:1")->origin, Migrated::Origin::inherited);
  EXPECT_EQ(read_status(to_json(full_status())).migrated.size(), 2U);
}

TEST(MigratorStatus, LetsEveryMigratedIdentityStartUnlessItIsBlocked) {
  const MigratorStatus status = full_status();
  EXPECT_TRUE(status.lets_start("app:2"));
  EXPECT_FALSE(status.lets_start("app:1"));
  EXPECT_FALSE(status.lets_start("app:3"));
  EXPECT_FALSE(status.lets_start(""));
}

TEST(MigratorStatus, KnowsTheJobsThatItWasRecordedFrom) {
  const MigratorStatus status = full_status();
  EXPECT_TRUE(status.recorded_success("j2"));
  EXPECT_FALSE(status.recorded_success("j3"));
  EXPECT_FALSE(status.recorded_success(""));
  EXPECT_TRUE(status.recorded_failure("j3"));
  EXPECT_FALSE(status.recorded_failure("j2"));
}

TEST(MigratorStatus, StrangeOnesReadAsEmpty) {
  for (const char* strange : {"null", "7", R"({"migrated": {"identity": "x"}, "failures": [7], "history": "x"})",
                              R"({"migrated": [{"image": "x"}], "conditions": [{"type": "Foreign"}, 7]})"}) {
    EXPECT_EQ(read_status(Json::parse(strange)), MigratorStatus{}) << strange;
  }
}

}  // namespace
}  // namespace dunlin::manager
