// The contract command: when it runs, what cancels it, and what may not start afterwards.
#include <gmock/gmock.h>

#include "unit/kubernetes/operator/contract_test.h"

namespace dunlin::manager {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ContractTest, RunsWhenTheLastOldPodHasBeenGoneForTenMinutes) {
  roll_out();
  cluster.pass(minutes(20));
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
  EXPECT_EQ(message(), "The contract command is not run now: there are pods of myapp:v1");
  EXPECT_EQ(cluster.condition("Ready").status, Truth::yes);

  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  EXPECT_EQ(reason(), "ContractWaiting");
  EXPECT_EQ(cluster.decide().again_in, minutes(10));
  cluster.pass(minutes(10) - seconds(1));
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
  EXPECT_EQ(cluster.decide().again_in, seconds(1));
  cluster.pass(seconds(1));
  cluster.settle();

  ASSERT_NE(cluster.contract_job(), nullptr);
  const Json& job = *cluster.contract_job();
  EXPECT_EQ(job["spec"]["template"]["spec"]["containers"][0]["command"], Json({"contract", "--all"}));
  EXPECT_EQ(job_image(job), "myapp:v2");
  EXPECT_EQ(reason(), "ContractRunning");
  EXPECT_EQ(cluster.condition("Ready").status, Truth::yes) << "its pods start meanwhile";

  cluster.run_job(0, "", kContractJob);
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
  EXPECT_EQ(cluster.condition("Contracted").status, Truth::yes);
  EXPECT_EQ(message(), "Contract command of myapp:v2 has run");
  EXPECT_TRUE(cluster.status().history.front().contract);
  EXPECT_EQ(cluster.condition().reason, "MigrationsUpToDate");
  cluster.pass(minutes(100));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, ElementsAre("myapp:v2"));
}

TEST_F(ContractTest, TheTimeIsCountedOverRestarts) {
  roll_out(R"({"contractCommand": ["c"], "contractAfter": "1h"})");
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  const auto since = cluster.status().contract->since;
  EXPECT_EQ(since, cluster.now);
  cluster.pass(minutes(59));
  cluster.settle();
  EXPECT_EQ(cluster.status().contract->since, since);
  EXPECT_THAT(cluster.contracts, IsEmpty());
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
}

TEST_F(ContractTest, AnOldPodThatComesBackStartsTheTimeAnew) {
  roll_out();
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(9));
  Json back = owned_by(pod("web-v1-again", "myapp:v1"), cluster.objects.at("ReplicaSet/web-v1"));
  cluster.add(waiting(back, "myapp:v1"));
  cluster.settle();
  EXPECT_EQ(cluster.status().contract->since, std::nullopt);
  cluster.drop_other_pods("myapp:v2");
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
  cluster.pass(minutes(10));
  cluster.settle();
  EXPECT_NE(cluster.contract_job(), nullptr);
}

TEST_F(ContractTest, NothingIsContractedToAfterARollback) {
  roll_out();
  cluster.deploy("web", "myapp:v1");
  cluster.drop_other_pods("myapp:v1");
  cluster.settle();
  cluster.pass(minutes(60));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, IsEmpty());
  EXPECT_EQ(message(), "The contract command is not run now: myapp:v1 is a rollback");
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST_F(ContractTest, ARollbackCancelsOneThatHasNotBegun) {
  let_contract_begin();
  EXPECT_FALSE(cluster.lets_start("myapp:v1")) << "its process may run any moment";
  cluster.deploy("web", "myapp:v1");
  cluster.step();
  EXPECT_TRUE(kubernetes::is_being_deleted(*cluster.contract_job()));
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.events.back().reason, "ContractCancelled");
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.condition().reason, "MigrationsUpToDate");
}

TEST_F(ContractTest, OneThatHasBegunMeanwhileIsNotDeleted) {
  let_contract_begin();
  cluster.deploy("web", "myapp:v1");
  const Decision decision = cluster.decide();
  cluster.start_job(kContractJob);
  EXPECT_FALSE(cluster.act(decision.action));
}

TEST_F(ContractTest, ARollbackWaitsForOneThatRunsAndIsBlockedByIt) {
  let_contract_begin();
  cluster.start_job(kContractJob);
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  ASSERT_NE(cluster.contract_job(), nullptr);
  cluster.finish_job(0, "", true, kContractJob);
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.condition("Ready").status, Truth::no);
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_EQ(cluster.condition().reason, "RollbackBlocked");
  EXPECT_THAT(cluster.condition().message,
              AllOf(HasSubstr("myapp:v1 is older than myapp:v2"),
                    HasSubstr("kubectl annotate -n default migrator testing "
                              "migrations.coderanger.net/allow-rollback=\"myapp:v1 $(date +%s)\" --overwrite")));
  EXPECT_EQ(std::ranges::count(cluster.events, "RollbackBlocked", &Event::reason), 1);
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(cluster.condition().reason, "MigrationsUpToDate");
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::no);
}

TEST_F(ContractTest, ALeftOverReplicaSetCannotMakePodsOfTheOldVersion) {
  let_contract_begin();
  cluster.run_job(0, "", kContractJob);
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  EXPECT_TRUE(cluster.lets_start("myapp:v2"));
}

TEST_F(ContractTest, APersonCanAllowTheRollbackOnce) {
  let_contract_begin();
  cluster.run_job(0, "", kContractJob);
  cluster.settle();
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  ASSERT_EQ(cluster.condition().reason, "RollbackBlocked");
  cluster.annotate("allow-rollback", "myapp:v1");
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.condition().reason, "MigrationsUpToDate");

  migrate_to("myapp:v3");
  cluster.drop_other_pods("myapp:v3");
  cluster.settle();
  cluster.pass(minutes(10));
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1")) << "the permission was for the contract before";

  cluster.annotate("allow-rollback", "myapp:v1 1795000000");
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1")) << "said once more";
}

TEST_F(ContractTest, TheNextVersionIsMigratedBehindOneThatRuns) {
  let_contract_begin();
  cluster.start_job(kContractJob);
  cluster.deploy("web", "myapp:v3");
  cluster.settle();
  EXPECT_EQ(cluster.job(), nullptr);
  EXPECT_EQ(cluster.condition().reason, "WaitingForContract");
  cluster.finish_job(0, "", true, kContractJob);
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v3");
  EXPECT_TRUE(cluster.lets_start("myapp:v2")) << "it serves until v3 does";
}

TEST_F(ContractTest, TheNextVersionTakesThePlaceOfOneThatHasNotBegun) {
  let_contract_begin();
  cluster.deploy("web", "myapp:v3");
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v3");
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST_F(ContractTest, AFailureIsTriedAgainLikeAMigration) {
  let_contract_begin();
  cluster.run_job(1, "no such column", kContractJob);
  cluster.settle();
  EXPECT_EQ(reason(), "ContractFailed");
  EXPECT_THAT(message(), HasSubstr("exit code 1: no such column; it is tried again at "));
  EXPECT_EQ(cluster.condition("Ready").status, Truth::yes);
  EXPECT_EQ(cluster.decide().again_in, minutes(1));
  EXPECT_TRUE(cluster.events.back().warning);
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(2));
  cluster.run_job(0, "", kContractJob);
  cluster.settle();
  EXPECT_EQ(cluster.condition("Contracted").status, Truth::yes);
  EXPECT_EQ(cluster.status().contract->failure, std::nullopt);
}

TEST_F(ContractTest, OneThatCannotGetBetterStallsUntilSomebodyAsks) {
  let_contract_begin();
  cluster.start_job(kContractJob);
  cluster.finish_job(8, "refused", false, kContractJob);
  cluster.settle();
  EXPECT_EQ(kubernetes::integer((*cluster.contract_job())["spec"]["parallelism"]), 0) << "it tries no other pod";
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_EQ(cluster.condition("Stalled").reason, "ContractFailed");
  EXPECT_EQ(cluster.condition("Ready").status, Truth::yes);
  const auto stalled_since = cluster.condition("Stalled").since;
  cluster.pass(minutes(100));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
  EXPECT_EQ(cluster.condition("Stalled").since, stalled_since);
  cluster.annotate("retry", "1");
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(2));
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::no);
}

TEST_F(ContractTest, AnotherCommandOrADeletedJobStartsAnew) {
  let_contract_begin();
  cluster.run_job(2, "", kContractJob);
  cluster.settle();
  cluster.set_spec(R"({"contractCommand": ["better"]})");
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(2));
  cluster.run_job(2, "", kContractJob);
  cluster.settle();
  cluster.objects.erase("Job/testing-contract");
  cluster.collect_garbage();
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(3));
}

TEST_F(ContractTest, AnotherCommandOrARetryTakesItsTurnBetweenTheTriesOfItsJob) {
  let_contract_begin();
  cluster.start_job(kContractJob);
  cluster.finish_job(1, "no such column", false, kContractJob);
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
  cluster.set_spec(R"({"contractCommand": ["mended"]})");
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(2));
  EXPECT_EQ((*cluster.contract_job())["spec"]["template"]["spec"]["containers"][0]["command"], Json({"mended"}));
  cluster.start_job(kContractJob);
  cluster.finish_job(1, "no such column", false, kContractJob);
  cluster.settle();
  cluster.annotate("retry", "1767261600");
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(3));
}

TEST_F(ContractTest, OneThatHasFailedBlocksARollbackAndIsLeftForTheNextVersion) {
  let_contract_begin();
  cluster.run_job(2, "half of it is done", kContractJob);
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  migrate_to("myapp:v3");
  cluster.drop_other_pods("myapp:v3");
  cluster.settle();
  cluster.pass(minutes(10));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, ElementsAre("myapp:v2", "myapp:v3"));
  cluster.run_job(0, "", kContractJob);
  cluster.settle();
  EXPECT_EQ(cluster.condition("Contracted").status, Truth::yes);
  EXPECT_FALSE(cluster.lets_start("myapp:v2"));
}

TEST_F(ContractTest, ThereIsNoWayBackFromOneThatHasBegunWhateverBecomesOfItsJob) {
  let_contract_begin();
  cluster.run_job(1, "half of it is done", kContractJob);
  cluster.settle();
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.objects.erase("Job/testing-contract");
  cluster.collect_garbage();
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.condition().reason, "RollbackBlocked");
  cluster.deploy("web", "myapp:v2");
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(10));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, ElementsAre("myapp:v2", "myapp:v2")) << "it is run to its end";
}

TEST_F(ContractTest, ByHandItWaitsForItsAnnotation) {
  roll_out(R"({"contractCommand": ["c"], "contract": "manual"})");
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.annotate("contract", "myapp:v1");
  cluster.pass(minutes(100));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, IsEmpty());
  EXPECT_EQ(reason(), "ContractNeedsApproval");
  EXPECT_THAT(message(), HasSubstr("kubectl annotate -n default migrator testing "
                                   "migrations.coderanger.net/contract=myapp:v2 --overwrite"));
  cluster.annotate("contract", "myapp:v2");
  cluster.settle();
  EXPECT_THAT(cluster.contracts, ElementsAre("myapp:v2"));
}

TEST_F(ContractTest, SuspendAndALockHoldItUp) {
  roll_out(R"({"contractCommand": ["c"], "suspend": false, "lockGroup": "db"})");
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.set_spec(R"({"suspend": true})");
  cluster.pass(minutes(10));
  cluster.settle();
  EXPECT_EQ(reason(), "ContractSuspended");
  cluster.set_spec(R"({"suspend": false})");
  cluster.lock_holders = {{.migrator = "other", .detail = ""}};
  cluster.settle();
  EXPECT_EQ(message(), "Contract command of myapp:v2 waits for migrator other of lock group db");
  EXPECT_EQ(cluster.decide().again_in, seconds(10));
  EXPECT_THAT(cluster.contracts, IsEmpty());
  cluster.lock_holders.clear();
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
}

TEST_F(ContractTest, APodOfAnEarlierJobHoldsItUp) {
  roll_out();
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(10));
  Json orphan = started(pod("orphan", "myapp:v1"));
  orphan["metadata"]["labels"] = {{"migrations", "testing"}};
  orphan["metadata"]["annotations"]["migrations.coderanger.net/migrator"] = "testing";
  cluster.add(orphan);
  cluster.settle();
  EXPECT_THAT(cluster.contracts, IsEmpty());
  EXPECT_EQ(message(), "Contract command of myapp:v2 waits for a pod of an earlier job: pod orphan still runs");
  EXPECT_EQ(cluster.decide().again_in, seconds(10));
  cluster.objects.erase("Pod/orphan");
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
}

TEST_F(ContractTest, APodOfItsOwnThatStillEndsHoldsUpWhateverIsNext) {
  let_contract_begin();
  cluster.start_job(kContractJob);
  cluster.nodes_answer = false;
  cluster.expire_job(kContractJob);
  cluster.settle();
  EXPECT_EQ(reason(), "ContractFailed");
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
  EXPECT_THAT(message(), HasSubstr("waits for a pod of an earlier job: pod testing-contract-"));
  cluster.pass(minutes(1));
  cluster.deploy("web", "myapp:v3");
  cluster.settle();
  EXPECT_EQ(cluster.job(), nullptr);
  EXPECT_EQ(cluster.condition().reason, "WaitingForContract");
  EXPECT_THAT(cluster.condition().message,
              AllOf(HasSubstr("waits for contract job default/testing-contract to end: pod testing-contract-"),
                    HasSubstr(" --grace-period=0 --force")));
  cluster.nodes_answer = true;
  cluster.settle();
  EXPECT_NE(cluster.job(), nullptr);
}

TEST_F(ContractTest, WhatMayRunAlthoughItsJobIsGoneIsNotTakenBack) {
  let_contract_begin();
  cluster.start_job(kContractJob);
  cluster.nodes_answer = false;
  cluster.objects.erase("Job/testing-contract");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
}

TEST_F(ContractTest, WorkloadsOfDifferentVersionsHoldItUp) {
  roll_out();
  cluster.deploy("worker", "myapp:v1");
  cluster.objects.erase("Pod/web-v1-2");
  cluster.settle();
  cluster.pass(minutes(60));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, IsEmpty());
  cluster.deploy("worker", "myapp:v2");
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(10));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
}

TEST_F(ContractTest, TheStatusIsWrittenBeforeTheJobIsMade) {
  roll_out();
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(10));
  const Decision decision = cluster.decide();
  ASSERT_TRUE(std::holds_alternative<CreateJob>(decision.action));
  EXPECT_TRUE(decision.writes);
  cluster.write_status(decision, kubernetes::resource_version_of(cluster.migrator));
  // Killed here.
  EXPECT_FALSE(cluster.lets_start("myapp:v1"));
  EXPECT_TRUE(needs_live_contract_job(read_migrator(cluster.migrator)));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, SizeIs(1));
}

TEST_F(ContractTest, WhatWasWrittenForAJobThatWasNeverMadeIsTakenBack) {
  roll_out();
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(10));
  cluster.write_status(cluster.decide(), kubernetes::resource_version_of(cluster.migrator));
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_THAT(cluster.contracts, IsEmpty());
}

TEST_F(ContractTest, OneThatMayNotBeMadeRetiresNothing) {
  roll_out();
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(10));
  const Decision refused =
      create_refused(cluster.decide(), read_migrator(cluster.migrator), "exceeded quota", cluster.now);
  EXPECT_TRUE(refused.status.lets_start("myapp:v1"));
  EXPECT_EQ(refused.status.conditions.find("Contracted")->reason, "ContractCreateError");
  EXPECT_EQ(refused.status.conditions.find("MigrationsReady")->status, Truth::yes);
  EXPECT_TRUE(refused.events.front().warning);
}

TEST_F(ContractTest, ASuccessIsRecordedBeforeTheJobGoes) {
  let_contract_begin();
  cluster.run_job(0, "", kContractJob);
  const Decision decision = cluster.step();
  EXPECT_TRUE(std::holds_alternative<std::monostate>(decision.action));
  EXPECT_EQ(cluster.status().contract->job_uid, kubernetes::uid_of(*cluster.contract_job()));
  EXPECT_EQ(decision.again_in, seconds(0));
  EXPECT_TRUE(std::holds_alternative<DeleteJob>(cluster.step().action));
}

TEST_F(ContractTest, ItIsKeptAsLongAsItsReaderWantsIt) {
  cluster.set_spec(R"({"ttlSecondsAfterFinished": 600})");
  let_contract_begin();
  cluster.run_job(0, "", kContractJob);
  cluster.settle();
  EXPECT_NE(cluster.contract_job(), nullptr);
  EXPECT_EQ(cluster.decide().again_in, minutes(10));
  cluster.pass(minutes(10));
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
}

TEST_F(ContractTest, WithoutTheCommandNothingIsSaidAboutIt) {
  let_contract_begin();
  cluster.set_spec(R"({"contractCommand": null})");
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr) << "it has not begun";
  EXPECT_EQ(reason(), "");
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST_F(ContractTest, ADigestOfAMovedTagIsAnotherVersion) {
  cluster.image_id = "docker.io/library/myapp@sha256:" + std::string(64, 'a');
  cluster.set_spec(R"({"contractCommand": ["c"], "trigger": "digest"})");
  migrate_to("myapp:latest");
  cluster.settle();
  Json& web = cluster.objects.at("Pod/web-latest-1");
  web = started(web);
  web["status"]["containerStatuses"][0]["imageID"] = cluster.image_id;
  cluster.settle();
  cluster.pass(minutes(1));
  cluster.settle();
  ASSERT_EQ(reason(), "ContractWaiting");
  EXPECT_THAT(message(), HasSubstr("runs at"));
  Json other = owned_by(pod("web-latest-b", "myapp:latest"), cluster.objects.at("ReplicaSet/web-latest"));
  other = started(waiting(other, "myapp:latest"));
  other["metadata"]["creationTimestamp"] = kubernetes::format_time(cluster.now);
  other["status"]["containerStatuses"][0]["imageID"] = "docker.io/library/myapp@sha256:" + std::string(64, 'b');
  cluster.add(other);
  cluster.settle();
  cluster.image_id = "docker.io/library/myapp@sha256:" + std::string(64, 'b');
  cluster.run_job(0);
  cluster.settle();
  cluster.pass(minutes(60));
  cluster.settle();
  EXPECT_THAT(cluster.contracts, IsEmpty());
  EXPECT_THAT(message(), HasSubstr("workloads are of different versions"));
}

}  // namespace
}  // namespace dunlin::manager
