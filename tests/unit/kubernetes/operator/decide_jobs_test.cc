// What becomes of Jobs: when they run, when they fail, and when something else is wanted meanwhile.
#include <gmock/gmock.h>

#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

TEST(Jobs, P0_2_ARunningMigrationIsNotKilledByTheNextVersion) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v1");
  EXPECT_EQ(cluster.condition().message, "Migration job default/testing-migrations using image myapp:v1 still running");
  cluster.finish_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1")) << "its outcome counts";
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
}

TEST(Jobs, P0_2_ARunningMigrationIsKilledWhereThatIsWanted) {
  FakeCluster cluster(R"({"supersede": true})");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.deploy("web", "myapp:v2");
  cluster.step();
  EXPECT_TRUE(kubernetes::is_being_deleted(*cluster.job()));
  EXPECT_EQ(cluster.condition().reason, "StaleJob");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
}

TEST(Jobs, OneThatCannotStartGivesWay) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:typo");
  cluster.settle();
  cluster.start_job();
  Json& own = cluster.objects.at("Pod/testing-migrations-3");
  own["status"] = {{"phase", "Pending"},
                   {"containerStatuses",
                    Json::array({{{"name", "migrations"}, {"state", {{"waiting", {{"reason", "ErrImagePull"}}}}}}})}};
  cluster.settle();
  EXPECT_THAT(cluster.condition().message,
              EndsWith("still running: pod testing-migrations-3 waits: ErrImagePull (myapp:typo)"));
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
  EXPECT_THAT(cluster.deleted, ElementsAre("myapp:typo"));
}

TEST(Jobs, OneThatIsNotPlacedIsLookedAtAgain) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  Json& own = cluster.objects.at("Pod/testing-migrations-3");
  own["status"] = {{"phase", "Pending"}};
  own["spec"].erase("nodeName");
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(cluster.decide().again_in, minutes(1));
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
}

TEST(Jobs, OneWhoseVolumeIsGoneGivesWay) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  Json& own = cluster.objects.at("Pod/testing-migrations-3");
  own["status"] = {{"phase", "Pending"}, {"startTime", kubernetes::format_time(cluster.now)}};
  own["status"]["containerStatuses"] =
      Json::array({{{"name", "migrations"}, {"state", {{"waiting", {{"reason", "ContainerCreating"}}}}}}});
  cluster.settle();
  EXPECT_THAT(cluster.condition().message, EndsWith("still running"));
  EXPECT_EQ(cluster.decide().again_in, minutes(1));
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_THAT(cluster.condition().message, HasSubstr("pod testing-migrations-3 waits on node n1 since"));
  EXPECT_THAT(cluster.created, SizeIs(1)) << "nothing else is wanted";
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
}

TEST(Jobs, OneThatCannotStartGivesWayToANewerVersionOfAnotherWorkload) {
  FakeCluster cluster;
  cluster.deploy("web", "web:typo");
  cluster.settle();
  const auto get_stuck = [&] {
    cluster.start_job();
    for (auto& [key, one] : cluster.objects) {
      if (!key.starts_with("Pod/testing-migrations-")) continue;
      one["status"] = Json::parse(R"({"phase": "Pending", "containerStatuses": [
          {"name": "migrations", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]})");
    }
  };
  get_stuck();
  cluster.settle();
  cluster.deploy("worker", "worker:typo");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "worker:typo");
  get_stuck();
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("web:typo", "worker:typo")) << "they do not take turns";
  cluster.deploy("worker", "worker:v1");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("web:typo", "worker:typo", "worker:v1", "web:typo"));
}

TEST(Jobs, OneThatHasNotBegunFollowsTheSpec) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.set_spec(R"({"command": ["migrate"]})");
  cluster.settle();
  EXPECT_EQ((*cluster.job())["spec"]["template"]["spec"]["containers"][0]["command"], Json({"migrate"}));
}

TEST(Jobs, WhatIsDeletedBecauseItHasNotBegunIsNotIfItHasMeanwhile) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.deploy("web", "myapp:v2");
  const Decision decision = cluster.decide();
  cluster.start_job();
  EXPECT_FALSE(cluster.act(decision.action));
}

TEST(Jobs, P1_10_OneThatIsBeingDeletedIsWaitedFor) {
  FakeCluster cluster(R"({"supersede": true})");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.deploy("web", "myapp:v2");
  cluster.step();
  for (int k = 0; k < 3; ++k) {
    const Decision decision = cluster.step();
    EXPECT_TRUE(std::holds_alternative<std::monostate>(decision.action));
    EXPECT_FALSE(decision.writes);
    EXPECT_THAT(decision.events, SizeIs(0));
  }
  cluster.collect_garbage();
  cluster.step();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v2"));
}

constexpr const char* kForce =
    "If its node is gone for good: kubectl delete pod --namespace default testing-migrations-3 --grace-period=0 "
    "--force";

TEST(Jobs, TheNextTryWaitsForAPodThatStillEnds) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.nodes_answer = false;
  cluster.expire_job();
  cluster.settle();
  EXPECT_THAT(cluster.condition().message,
              HasSubstr("failed: Job was active longer than specified deadline; it is tried"
                        " again at"));
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_NE(cluster.job(), nullptr) << "it is kept";
  EXPECT_EQ(cluster.condition().reason, "WaitingForPod");
  EXPECT_EQ(cluster.condition().message,
            "Migration myapp:v1 waits for a pod of an earlier job: pod testing-migrations-3 on node n1 is ending");
  EXPECT_EQ(cluster.decide().again_in, seconds(10));
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_THAT(cluster.condition().message,
              HasSubstr("should have ended at 2026-01-01T10:00:31Z, and may still write. "));
  EXPECT_THAT(cluster.condition().message, EndsWith(kForce));
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1")) << "the next version waits, too";
  EXPECT_THAT(cluster.condition().message, HasSubstr("Migration myapp:v2 waits for a pod"));
  cluster.nodes_answer = true;
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "myapp:v2"));
}

TEST(Jobs, TheNextOneWaitsForAPodWhoseJobIsGone) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.objects.at("Pod/testing-migrations-3")["metadata"].erase("ownerReferences");  // --cascade=orphan
  cluster.objects.erase("Job/testing-migrations");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(1));
  EXPECT_EQ(cluster.condition().message,
            "Migration myapp:v1 waits for a pod of an earlier job: pod testing-migrations-3 on node n1 still runs");
  cluster.objects.at("Pod/testing-migrations-3")["status"]["phase"] = "Failed";
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2));
}

TEST(Jobs, ASupersededOneWhoseNodeIsGoneSaysWhatToDo) {
  FakeCluster cluster(R"({"supersede": true})");
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.nodes_answer = false;
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  ASSERT_TRUE(kubernetes::is_being_deleted(*cluster.job()));
  EXPECT_EQ(cluster.condition().reason, "StaleJob");
  EXPECT_EQ(cluster.decide().again_in, seconds(10));
  cluster.pass(minutes(2));
  cluster.settle();
  EXPECT_EQ(cluster.condition().reason, "WaitingForPod");
  EXPECT_THAT(cluster.condition().message, EndsWith(kForce));
  EXPECT_THAT(cluster.created, SizeIs(1));
  cluster.objects.erase("Pod/testing-migrations-3");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2));
}

TEST(Jobs, P0_6_ASuccessIsRecordedBeforeAnythingIsDeleted) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(0);
  const Decision first = cluster.decide();
  EXPECT_TRUE(std::holds_alternative<std::monostate>(first.action));
  EXPECT_TRUE(first.writes);
  EXPECT_EQ(first.status.migrated.front().job_uid, kubernetes::uid_of(*cluster.job()));
  // Killed here: it is found again.
  EXPECT_TRUE(cluster.decide().writes);
  cluster.step();
  // Killed here: the Job is known, and goes.
  const Decision second = cluster.decide();
  const auto* removal = std::get_if<DeleteJob>(&second.action);
  ASSERT_NE(removal, nullptr);
  EXPECT_EQ(removal->uid, kubernetes::uid_of(*cluster.job()));
  EXPECT_FALSE(removal->foreground);
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(1));
}

TEST(Jobs, P0_6_ASuccessCountsWhenTheJobIsBeingDeletedByAnother) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(0);
  (*cluster.job())["metadata"]["deletionTimestamp"] = "2026-01-01T10:00:00Z";
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_THAT(cluster.created, SizeIs(1));
}

TEST(Jobs, AnOldViewOfTheMigratorStartsNothing) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  const Json old_view = cluster.migrator;
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  ASSERT_EQ(cluster.job(), nullptr);
  const Decision decision = cluster.decide_on(old_view, {});
  EXPECT_TRUE(std::holds_alternative<CreateJob>(decision.action));
  EXPECT_TRUE(decision.writes);
  EXPECT_FALSE(cluster.write_status(decision, kubernetes::resource_version_of(old_view)));
}

TEST(Jobs, P1_1_AFailedPodIsNotAFailedJob) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.finish_job(1, "no such table", false);
  cluster.settle();
  cluster.settle();
  EXPECT_EQ(cluster.condition().message,
            "Migration job default/testing-migrations using image myapp:v1 failed: exit code 1: no such table");
  EXPECT_EQ(cluster.condition("Reconciling").status, Truth::yes);
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::no);
  EXPECT_THAT(cluster.events, SizeIs(2)) << "started, and failed once";
  cluster.start_job();
  cluster.settle();
  EXPECT_EQ(cluster.condition().reason, "MigrationsRunning");
  cluster.finish_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST(Jobs, P1_1_AJobThatHasGivenUpIsMadeAgainFiveTimesAndThenItStalls) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  for (const int wait : {1, 2, 4, 8, 16}) {
    cluster.run_job(1, "no such table");
    cluster.settle();
    EXPECT_THAT(cluster.condition().message, EndsWith("failed: exit code 1: no such table; it is tried again at " +
                                                      kubernetes::format_time(cluster.now + minutes(wait))));
    EXPECT_EQ(cluster.condition("Stalled").status, Truth::no);
    EXPECT_EQ(cluster.decide().again_in, seconds(wait * 60));
    const Json kept = *cluster.job();
    cluster.pass(minutes(wait) - seconds(1));
    cluster.settle();
    EXPECT_EQ(*cluster.job(), kept) << "for whoever wants to see its log";
    cluster.pass(seconds(1));
    cluster.settle();
    EXPECT_NE(kubernetes::uid_of(*cluster.job()), kubernetes::uid_of(kept));
  }
  cluster.run_job(1, "no such table");
  cluster.settle();
  cluster.pass(minutes(600));
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(6));
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_EQ(cluster.decide().again_in, std::nullopt);
  EXPECT_NE(cluster.job(), nullptr);
  EXPECT_EQ(cluster.events.size(), 12U) << "each Job started and failed";
}

// Between two tries of its Job.
FakeCluster failing_cluster() {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.finish_job(1, "", false);
  cluster.settle();
  return cluster;
}

FakeCluster stalled_cluster() {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(5, "checksum differs");
  cluster.settle();
  return cluster;
}

TEST(Jobs, AnEndThatCannotGetBetterStallsAtOnce) {
  FakeCluster cluster = stalled_cluster();
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_EQ(cluster.status().failures.front().attempts, 1);
  cluster.pass(minutes(600));
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(1));
}

TEST(Jobs, AStalledOneSaysWhatToType) {
  const FakeCluster cluster = stalled_cluster();
  EXPECT_THAT(cluster.condition("Stalled").message,
              testing::EndsWith("To try it again: kubectl annotate -n default migrator testing "
                                "migrations.coderanger.net/retry=$(date +%s) --overwrite"));
}

TEST(Jobs, AnEndThatCannotGetBetterStopsTheJobsOwnTries) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.finish_job(8, "refused", false);
  cluster.settle();
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_EQ((*cluster.job())["spec"]["parallelism"], 0);
  EXPECT_EQ(cluster.status().failures.front().attempts, 1);
}

// A Job controller as old as 1.20's counts a failed pod only when it makes the next one.
TEST(Jobs, AnEndThatCannotGetBetterIsSeenInThePodItself) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  const Json status = (*cluster.job())["status"];
  cluster.finish_job(8, "refused", false);
  (*cluster.job())["status"] = status;
  cluster.settle();
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::yes);
  EXPECT_THAT(cluster.condition("Stalled").message, HasSubstr("exit code 8: refused; it is not tried again before"));
  EXPECT_EQ((*cluster.job())["spec"]["parallelism"], 0);
  EXPECT_THAT(cluster.status().failures, SizeIs(1));

  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
}

TEST(Jobs, ItsOwnLaterSuccessCountsAllTheSame) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.finish_job(8, "refused", false);
  cluster.step();
  cluster.start_job();
  cluster.settle();
  EXPECT_FALSE((*cluster.job())["spec"].contains("parallelism")) << "a pod of it runs";
  cluster.finish_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_EQ(cluster.condition("Stalled").status, Truth::no);
  EXPECT_THAT(cluster.status().failures, SizeIs(0));
}

TEST(Jobs, ANewVersionStartsAnew) {
  FakeCluster cluster = stalled_cluster();
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
  EXPECT_THAT(cluster.status().failures, SizeIs(0));
}

TEST(Jobs, ARetryAnnotationStartsAnew) {
  FakeCluster cluster = stalled_cluster();
  cluster.migrator["metadata"]["annotations"] = {{"migrations.coderanger.net/retry", "1767261600"}};
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2));
  cluster.run_job(5);
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2)) << "once for each value";
  EXPECT_EQ(cluster.status().failures.front().attempts, 1);
  cluster.migrator["metadata"]["annotations"] = {{"migrations.coderanger.net/retry", "1767261601"}};
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(3));
}

TEST(Jobs, ARetryIsHeardBetweenTheTriesOfAJob) {
  FakeCluster cluster = failing_cluster();
  EXPECT_THAT(cluster.created, SizeIs(1));
  cluster.annotate("retry", "1767261600");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2)) << "it need not wait for the Job's next pod";
}

TEST(Jobs, ARetryIsKeptWhileAPodRuns) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.annotate("retry", "1767261600");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(1));
  cluster.finish_job(1, "", true);
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2)) << "it was asked for, and is not due in a minute";
}

TEST(Jobs, AnotherSpecStartsAnew) {
  FakeCluster cluster = stalled_cluster();
  cluster.set_spec(R"({"command": ["right", "this", "time"]})");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2));
}

TEST(Jobs, ToDeleteTheFailedOneStartsAnew) {
  FakeCluster cluster = stalled_cluster();
  cluster.objects.erase("Job/testing-migrations");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2));
  cluster.run_job(5);
  cluster.settle();
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2));
}

TEST(Jobs, AFailedVersionThatIsNoLongerWantedGivesWayBetweenItsTries) {
  FakeCluster cluster = failing_cluster();
  cluster.deploy("web", "myapp:v2");
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "myapp:v2");
}

TEST(Jobs, AnotherSpecTakesItsTurnBetweenTheTriesOfAJob) {
  FakeCluster cluster = failing_cluster();
  EXPECT_THAT(cluster.created, SizeIs(1));
  cluster.set_spec(R"({"command": ["right", "this", "time"]})");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(2));
  cluster.run_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

TEST(Jobs, AnotherSpecDoesNotEndATryThatRuns) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.start_job();
  cluster.finish_job(1, "", false);
  cluster.start_job();
  cluster.set_spec(R"({"command": ["right", "this", "time"]})");
  cluster.settle();
  EXPECT_THAT(cluster.created, SizeIs(1));
}

TEST(Jobs, WhileOneWaitsForItsNextTryAnotherRuns) {
  FakeCluster cluster;
  cluster.deploy("worker", "worker:v1");
  cluster.deploy("web", "web:v2");
  cluster.settle();
  cluster.run_job(1);
  cluster.settle();
  EXPECT_EQ(job_image(*cluster.job()), "worker:v1");
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("web:v2", "worker:v1")) << "our own deletion is no wish to try again";
  EXPECT_EQ(cluster.condition().reason, "MigrationsFailed");
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("web:v2", "worker:v1", "web:v2"));
}

TEST(Jobs, LastLinesAreShownWithoutSecretsOrNotAtAll) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.settle();
  cluster.run_job(1, "cannot reach postgres://app:hunter2@db/app\n");
  cluster.settle();
  EXPECT_THAT(cluster.condition().message, HasSubstr("cannot reach postgres://app:***@db/app"));
  EXPECT_THAT(cluster.events.back().message, HasSubstr("cannot reach postgres://app:***@db/app"));
  EXPECT_THAT(cluster.migrator.dump(), Not(HasSubstr("hunter2")));

  FakeCluster silent(R"({"logTail": 0})");
  silent.deploy("web", "myapp:v1");
  silent.settle();
  silent.run_job(1, "cannot reach");
  silent.settle();
  EXPECT_THAT(silent.condition().message, Not(HasSubstr("cannot reach")));
}

TEST(Jobs, OneOfMigrationsOperatorIsTakenOver) {
  FakeCluster cluster(R"({"image": "migrations:1"})");
  cluster.deploy("web", "myapp:v1");
  cluster.add_old_job("migrations:1", R"({"active": 1, "startTime": "2026-01-01T09:59:00Z"})");
  cluster.settle();
  cluster.finish_job(0);
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
  EXPECT_THAT(cluster.created, SizeIs(0));
}

// Its pod may run before its controller has written that there is one: a newer workload is no reason to kill that.
TEST(Jobs, AJobThatHasJustBeenMadeDoesNotGiveWayToAnotherWorkload) {
  FakeCluster cluster;
  cluster.deploy("web", "myapp:v1");
  cluster.step();
  cluster.deploy("worker", "other:v1");
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1"));
  EXPECT_THAT(cluster.deleted, testing::IsEmpty());
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(cluster.created, ElementsAre("myapp:v1", "other:v1"));
}

}  // namespace
}  // namespace dunlin::manager
