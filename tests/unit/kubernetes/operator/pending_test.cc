#include "kubernetes/operator/pending.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The newest first.
Survey wanting(const std::vector<std::string>& identities, const std::string& workload = "Deployment/web") {
  Survey survey;
  for (const std::string& identity : identities) {
    Wanted wanted;
    wanted.order.identity = identity;
    wanted.workloads = {workload};
    survey.wanted.push_back(wanted);
  }
  return survey;
}

MigratorStatus migrated_to(const std::vector<std::string>& identities, const std::string& workload = "Deployment/web",
                           Migrated::Origin origin = Migrated::Origin::run) {
  MigratorStatus status;
  for (const std::string& identity : identities)
    status.migrated.push_back({.identity = identity, .origin = origin, .workload = workload});
  return status;
}

Migrator with_policy(RollbackPolicy policy) {
  Migrator migrator;
  migrator.spec.rollback_policy = policy;
  return migrator;
}

std::vector<std::string> pending_identities(const Migrator& migrator, const Survey& survey,
                                            const MigratorStatus& status) {
  std::vector<std::string> identities;
  for (const Wanted* wanted : pending(migrator, survey, status)) identities.push_back(wanted->identity());
  return identities;
}

TEST(Pending, IsWhatHasNotBeenMigratedTo) {
  EXPECT_THAT(pending_identities({}, wanting({"v3", "v2", "v1"}), migrated_to({"v2"})), ElementsAre("v3", "v1"));
  EXPECT_THAT(pending_identities({}, wanting({"v1"}), migrated_to({"v2", "v1"})), IsEmpty());
}

TEST(Pending, P1_3_ARollbackIsWhatItsWorkloadHasLeft) {
  EXPECT_EQ(rolled_back_from(wanting({"v1"}), migrated_to({"v2", "v1"}), "v1"), "v2");
  EXPECT_EQ(rolled_back_from(wanting({"v2"}), migrated_to({"v2", "v1"}), "v2"), "");
  EXPECT_EQ(rolled_back_from(wanting({"v0"}), migrated_to({"v2", "v1"}), "v0"), "") << "it is new";
}

TEST(Pending, P1_3_WhatIsWantedAsWellHasNotBeenLeft) {
  EXPECT_EQ(rolled_back_from(wanting({"v2", "v1"}, "Pod"), migrated_to({"v2", "v1"}, "Pod"), "v1"), "");
}

TEST(Pending, P1_3_WhatNeededNoJobIsNotNewer) {
  MigratorStatus status = migrated_to({"v1"});
  const MigratorStatus adopted = migrated_to({"v0"}, "Deployment/web", Migrated::Origin::adopted);
  status.migrated.insert(status.migrated.begin(), adopted.migrated.front());
  EXPECT_EQ(rolled_back_from(wanting({"v1"}), status, "v1"), "");
}

TEST(Pending, P1_3_AnotherWorkloadsAreNotNewer) {
  EXPECT_EQ(rolled_back_from(wanting({"v1"}, "Deployment/worker"), migrated_to({"v2", "v1"}), "v1"), "");
}

TEST(Pending, P1_3_ADigestIsNotNewerThanItsTag) {
  const MigratorStatus status = migrated_to({"sha256:02", "app:latest", "sha256:01"});
  EXPECT_EQ(rolled_back_from(wanting({"app:latest"}), status, "app:latest"), "");
  EXPECT_EQ(rolled_back_from(wanting({"app:latest", "sha256:01"}), status, "sha256:01"), "sha256:02");
}

TEST(Pending, P1_3_ThePolicySaysWhatARollbackIsWorth) {
  const Survey survey = wanting({"v1"});
  const MigratorStatus status = migrated_to({"v2", "v1"});
  const Migrator skip = with_policy(RollbackPolicy::skip);
  EXPECT_THAT(pending_identities(skip, survey, status), IsEmpty());
  EXPECT_THAT(blocked(skip, survey, status), IsEmpty());
  const Migrator run = with_policy(RollbackPolicy::run);
  EXPECT_THAT(pending_identities(run, survey, status), ElementsAre("v1"));
  EXPECT_THAT(blocked(run, survey, status), ElementsAre("v1"));
  const Migrator block = with_policy(RollbackPolicy::block);
  EXPECT_THAT(pending_identities(block, survey, status), IsEmpty());
  EXPECT_THAT(blocked(block, survey, status), ElementsAre("v1"));
}

}  // namespace
}  // namespace dunlin::manager
