#include "kubernetes/operator/job_outcome.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using kubernetes::Json;
using kubernetes::parse_time;
using kubernetes::Time;
using State = JobOutcome::State;
using testing::HasSubstr;
using testing::Not;

const Time kNow = *parse_time("2026-01-01T10:00:00Z");

PodView pod_in(PodPhase phase, ContainerView container, std::chrono::seconds age = std::chrono::seconds(5)) {
  container.name = "migrations";
  PodView pod;
  pod.name = "testing-migrations-x";
  pod.node = "n1";
  pod.created = kNow - age;
  pod.taken = pod.created;
  pod.phase = phase;
  pod.containers = {container};
  return pod;
}

PodView failed_pod(int exit_code, const char* message, std::chrono::seconds age = std::chrono::seconds(5)) {
  return pod_in(PodPhase::failed, {.started = true, .exit_code = exit_code, .message = message}, age);
}

JobOutcome outcome(const char* status, const std::vector<PodView>& pods = {}, int log_tail = 10) {
  std::vector<const PodView*> pointers;
  for (const PodView& pod : pods) pointers.push_back(&pod);
  const Json job{{"metadata", {{"namespace", "shop"}, {"name", "web-migrations"}}}, {"status", Json::parse(status)}};
  return job_outcome(job, pointers, log_tail, kNow);
}

TEST(JobOutcome, SucceedsByItsCountOrByItsCondition) {
  EXPECT_EQ(outcome(R"({"succeeded": 1})").state, State::succeeded);
  EXPECT_EQ(outcome(R"({"conditions": [{"type": "Complete", "status": "True"}]})").state, State::succeeded);
  EXPECT_EQ(outcome(R"({"succeeded": 1, "failed": 3})").state, State::succeeded);
  EXPECT_NE(outcome(R"({"conditions": [{"type": "Complete", "status": "False"}]})").state, State::succeeded);
}

TEST(JobOutcome, P1_1_IsFailedOnlyWhenTheJobGivesUp) {
  EXPECT_EQ(outcome(R"({"failed": 1})").state, State::failing);
  EXPECT_EQ(outcome(R"({"failed": 1, "active": 1})").state, State::running);
  EXPECT_EQ(outcome(R"({"failed": 7, "conditions": [{"type": "Failed", "status": "True"}]})").state, State::failed);
}

TEST(JobOutcome, IsIdleWhereNothingHasBegun) {
  EXPECT_EQ(outcome("{}").state, State::idle);
  EXPECT_EQ(outcome(R"({"startTime": "2026-01-01T09:59:50Z"})").state, State::running);
  EXPECT_EQ(outcome(R"({"startTime": "2026-01-01T09:50:00Z"})").state, State::idle) << "no pod may be made";
  EXPECT_EQ(outcome(R"({"startTime": "2026-01-01T09:50:00Z", "active": 1})").state, State::running);
}

TEST(JobOutcome, SaysWhereToLookWhenNoPodIsMade) {
  EXPECT_EQ(outcome(R"({"startTime": "2026-01-01T09:50:00Z"})").detail,
            "it has no pod yet; to see why: kubectl describe -n shop job web-migrations");
  EXPECT_EQ(outcome("{}").detail, "") << "its controller has not seen it yet";
}

TEST(JobOutcome, IsIdleWhereItsPodCannotStart) {
  const char* active = R"({"startTime": "2026-01-01T09:50:00Z", "active": 1})";
  const JobOutcome stuck =
      outcome(active, {pod_in(PodPhase::pending, {.image = "a:1", .waiting = "ImagePullBackOff"})});
  EXPECT_EQ(stuck.state, State::idle);
  EXPECT_EQ(stuck.detail, "pod testing-migrations-x waits: ImagePullBackOff (a:1)");
  EXPECT_EQ(outcome(active, {pod_in(PodPhase::pending, {.waiting = "ContainerCreating"})}).state, State::running);
  EXPECT_EQ(outcome(active, {pod_in(PodPhase::running, {.started = true})}).state, State::running);

  PodView homeless = pod_in(PodPhase::pending, {});
  homeless.node.clear();
  EXPECT_EQ(outcome(active, {homeless}).state, State::running);
  homeless.created = kNow - std::chrono::minutes(5);
  EXPECT_EQ(outcome(active, {homeless}).state, State::idle);
}

TEST(JobOutcome, IsIdleWhereItsNodeMakesNothingOfItsPod) {
  const char* active = R"({"startTime": "2026-01-01T09:50:00Z", "active": 1})";
  PodView waits = pod_in(PodPhase::pending, {.waiting = "ContainerCreating"}, std::chrono::minutes(5));
  waits.namespace_name = "default";
  const JobOutcome held_up = outcome(active, {waits});
  EXPECT_EQ(held_up.state, State::idle);
  EXPECT_EQ(held_up.detail,
            "pod testing-migrations-x waits on node n1 since 2026-01-01T09:55:00Z: ContainerCreating; "
            "kubectl describe pod --namespace default testing-migrations-x says for what");

  PodView just_taken = waits;
  just_taken.taken = kNow - std::chrono::seconds(59);
  EXPECT_EQ(outcome(active, {just_taken}).state, State::running) << "it may have found a node only now";
  EXPECT_EQ(outcome(active, {just_taken}).detail, "");

  PodView silent = waits;
  silent.containers[0].waiting.clear();
  EXPECT_EQ(outcome(active, {silent}).state, State::idle);
  EXPECT_THAT(outcome(active, {silent}).detail, HasSubstr(": its node does not answer; "));

  PodView sets_up = waits;
  sets_up.containers[0].waiting = "PodInitializing";
  sets_up.init_containers = {{.name = "setup", .started = true}};
  EXPECT_EQ(outcome(active, {sets_up}).state, State::running) << "a container of it runs";
  sets_up.init_containers = {{.name = "setup", .waiting = "ContainerCreating"}};
  EXPECT_EQ(outcome(active, {sets_up}).state, State::idle);
  EXPECT_THAT(outcome(active, {sets_up}).detail, HasSubstr(": ContainerCreating; "));
}

TEST(JobOutcome, SaysWhatItsPodWaitsForInTheNodesWords) {
  const char* active = R"({"startTime": "2026-01-01T09:59:50Z", "active": 1})";
  const JobOutcome no_secret = outcome(
      active,
      {pod_in(PodPhase::pending,
              {.image = "a:1", .waiting = "CreateContainerConfigError", .waiting_for = "secret \"db\" not\nfound"})});
  EXPECT_EQ(no_secret.state, State::idle);
  EXPECT_EQ(no_secret.detail,
            "pod testing-migrations-x waits: CreateContainerConfigError (a:1): secret \"db\" not found");
  EXPECT_EQ(outcome(active, {pod_in(PodPhase::pending, {.waiting = "ImageInspectError"})}).state, State::idle)
      << "whatever a node calls it";
  EXPECT_EQ(outcome(active, {pod_in(PodPhase::pending, {.waiting = "PodInitializing"})}).state, State::running);

  PodView homeless = pod_in(PodPhase::pending, {});
  homeless.node.clear();
  EXPECT_EQ(outcome(active, {homeless}).detail, "");
  homeless.unplaced = "0/3 nodes are available: 3 Insufficient cpu.";
  EXPECT_EQ(outcome(active, {homeless}).state, State::running);
  EXPECT_EQ(outcome(active, {homeless}).detail,
            "pod testing-migrations-x waits for a node: 0/3 nodes are available: 3 Insufficient cpu.");
}

TEST(JobOutcome, AnImageWithoutTheFolderIsHopeless) {
  PodView pod = pod_in(PodPhase::failed, {});
  pod.init_containers = {{.name = "copy",
                          .started = true,
                          .exit_code = 2,
                          .message = "dunlin-operator: error: the image has no directory /nowhere"}};
  const char* status = R"({"failed": 1})";
  EXPECT_TRUE(outcome(status, {pod}).hopeless);
  EXPECT_THAT(outcome(status, {pod}).detail, HasSubstr("init container copy: exit code 2: dunlin-operator: error"));
  pod.init_containers.front().message = "cp: permission denied";
  EXPECT_FALSE(outcome(status, {pod}).hopeless) << "somebody else's of that name";
  pod.init_containers.front() = {
      .name = "collect", .started = true, .exit_code = 5, .message = "dunlin-operator: error: they have changed"};
  EXPECT_FALSE(outcome(status, {pod}).hopeless);
}

TEST(JobOutcome, ANextTryThatCannotStartIsNone) {
  const PodView failed = failed_pod(1, "no", std::chrono::seconds(60));
  const char* status = R"({"failed": 1, "active": 1})";
  EXPECT_EQ(outcome(status, {failed, pod_in(PodPhase::pending, {.waiting = "ErrImagePull"})}).state, State::failing);
  EXPECT_EQ(outcome(status, {failed, pod_in(PodPhase::running, {.started = true})}).state, State::running);
}

TEST(JobOutcome, IsFailingAsSoonAsItsPodIsSeenToHaveFailed) {
  const char* not_counted = R"({"startTime": "2026-01-01T09:59:50Z", "active": 1})";
  EXPECT_EQ(outcome(not_counted, {failed_pod(5, "no")}).state, State::failing);
  EXPECT_TRUE(outcome(not_counted, {failed_pod(5, "no")}).hopeless);
  const char* one_of_two = R"({"failed": 1, "active": 1})";
  const PodView older = failed_pod(1, "older", std::chrono::seconds(60));
  EXPECT_EQ(outcome(one_of_two, {older, failed_pod(5, "no")}).state, State::failing);
  EXPECT_EQ(outcome(one_of_two, {older}).state, State::running) << "the next one has not been seen yet";
  EXPECT_EQ(outcome(not_counted, {failed_pod(5, "no"), pod_in(PodPhase::running, {.started = true})}).state,
            State::running);
  PodView ending = pod_in(PodPhase::running, {.started = true, .runs = true});
  ending.being_deleted = true;
  EXPECT_EQ(outcome(not_counted, {failed_pod(5, "no"), ending}).state, State::running) << "it may still write";
}

TEST(JobOutcome, SaysHowTheLastPodEnded) {
  const JobOutcome failing =
      outcome(R"({"failed": 2})", {failed_pod(1, "older", std::chrono::seconds(60)), failed_pod(3, "one\ntwo\n")});
  EXPECT_EQ(failing.detail, "exit code 3: one\ntwo");
  EXPECT_FALSE(failing.hopeless);
  EXPECT_EQ(
      outcome(R"({"failed": 2})", {failed_pod(3, "newer"), failed_pod(1, "older", std::chrono::seconds(60))}).detail,
      "exit code 3: newer");
  EXPECT_EQ(outcome(R"({"failed": 1})").detail, "");
}

// What is known of the Job may be newer than what is known of its pods.
TEST(JobOutcome, IsUnexplainedUntilThePodThatFailedIsSeen) {
  const char* just_now =
      R"({"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
                                       "lastTransitionTime": "2026-01-01T09:59:58Z"}]})";
  EXPECT_TRUE(outcome(just_now).unexplained);
  EXPECT_TRUE(outcome(just_now, {pod_in(PodPhase::running, {.started = true})}).unexplained);
  EXPECT_FALSE(outcome(just_now, {failed_pod(8, "refused")}).unexplained);
  EXPECT_TRUE(outcome(just_now, {failed_pod(8, "refused")}).hopeless);
  EXPECT_FALSE(outcome(R"({"failed": 1, "conditions": [{"type": "Failed", "status": "True",
                                                       "lastTransitionTime": "2026-01-01T09:59:00Z"}]})")
                   .unexplained)
      << "its pods may be gone";
}

TEST(JobOutcome, SaysWhyTheJobGaveUp) {
  const char* too_late = R"({"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded",
                                             "message": "Job was active longer than specified deadline"}]})";
  EXPECT_EQ(outcome(too_late).detail, "Job was active longer than specified deadline");
  EXPECT_EQ(outcome(too_late, {failed_pod(143, "")}).detail,
            "Job was active longer than specified deadline; exit code 143");
  const char* too_often = R"({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
                                              "message": "Job has reached the specified backoff limit"}]})";
  EXPECT_EQ(outcome(too_often, {failed_pod(1, "no")}).detail, "exit code 1: no");
}

TEST(JobOutcome, SaysWhatElseEndedThePod) {
  PodView killed = failed_pod(137, "");
  killed.containers[0].ended_because = "OOMKilled";
  EXPECT_EQ(outcome(R"({"failed": 1})", {killed}).detail, "exit code 137 (OOMKilled)");

  PodView evicted = pod_in(PodPhase::failed, {});
  evicted.reason = "Evicted";
  EXPECT_EQ(outcome(R"({"failed": 1})", {evicted}).detail, "Evicted");

  PodView not_reached = pod_in(PodPhase::failed, {});
  not_reached.init_containers = {{.name = "setup", .started = true, .exit_code = 2, .message = "no\n"}};
  EXPECT_EQ(outcome(R"({"failed": 1})", {not_reached}).detail, "init container setup: exit code 2: no");
  EXPECT_FALSE(outcome(R"({"failed": 1})", {not_reached}).hopeless) << "it is not dunlin's";
}

TEST(JobOutcome, HasBegunWithTheMigrationsProcess) {
  EXPECT_FALSE(outcome("{}").begun);
  EXPECT_FALSE(outcome(R"({"active": 1})", {pod_in(PodPhase::pending, {})}).begun);
  EXPECT_TRUE(outcome(R"({"active": 1})", {pod_in(PodPhase::running, {.started = true})}).begun);
}

TEST(JobOutcome, ShowsAsManyOfTheLastLinesAsIsAskedFor) {
  const std::vector<PodView> pods{failed_pod(1, "one\ntwo\n\nthree\n")};
  EXPECT_EQ(outcome(R"({"failed": 1})", pods, 1).detail, "exit code 1: three");
  EXPECT_EQ(outcome(R"({"failed": 1})", pods, 3).detail, "exit code 1: two\n\nthree");
  EXPECT_EQ(outcome(R"({"failed": 1})", pods, 80).detail, "exit code 1: one\ntwo\n\nthree");
  EXPECT_EQ(outcome(R"({"failed": 1})", pods, 0).detail, "exit code 1");
}

TEST(JobOutcome, ShowsNoSecretAndNothingThatIsNoText) {
  const JobOutcome failing = outcome(
      R"({"failed": 1})", {failed_pod(1, "connect postgres://app:hunter2@db/app\n\x1b[31mPGPASSWORD=hunter3 \xff")});
  EXPECT_THAT(failing.detail, Not(HasSubstr("hunter")));
  EXPECT_THAT(failing.detail, HasSubstr("postgres://app:***@db/app"));
  EXPECT_THAT(failing.detail, Not(HasSubstr("\x1b")));
  EXPECT_NO_THROW(Json(failing.detail).dump());
}

TEST(JobOutcome, SomeExitCodesCannotGetBetter) {
  for (const int code : {2, 5, 8}) EXPECT_TRUE(outcome(R"({"failed": 1})", {failed_pod(code, "")}).hopeless) << code;
  for (const int code : {1, 3, 4, 6, 7, 137})
    EXPECT_FALSE(outcome(R"({"failed": 1})", {failed_pod(code, "")}).hopeless) << code;
  EXPECT_FALSE(outcome(R"({"failed": 1})", {failed_pod(2, "psql: error: connection to server failed")}).hopeless)
      << "psql says so of a lost connection";
}

TEST(LockGroup, IsOccupiedUntilTheJobHasEndedOrIsStopped) {
  const auto occupies = [](const char* job, const std::vector<const PodView*>& pods = {}) {
    return occupies_lock(Json::parse(job), pods);
  };
  EXPECT_TRUE(occupies("{}"));
  EXPECT_TRUE(occupies(R"({"status": {"failed": 1}})"));
  EXPECT_TRUE(occupies(R"({"spec": {"parallelism": 0}, "status": {"active": 1}})"));
  EXPECT_TRUE(occupies(R"({"spec": {"parallelism": 0}, "status": {"active": 0, "terminating": 1}})"));
  EXPECT_FALSE(occupies(R"({"spec": {"parallelism": 0}, "status": {"failed": 1}})"));
  EXPECT_FALSE(occupies(R"({"status": {"succeeded": 1}})"));
  const char* failed = R"({"status": {"conditions": [{"type": "Failed", "status": "True"}]}})";
  EXPECT_FALSE(occupies(failed));

  PodView ending = pod_in(PodPhase::running, {.started = true, .runs = true});
  ending.being_deleted = true;
  EXPECT_TRUE(occupies(failed, {&ending})) << "it may still write";
  EXPECT_TRUE(occupies(R"({"spec": {"parallelism": 0}, "status": {"failed": 1}})", {&ending}));
  const PodView ended = failed_pod(143, "");
  EXPECT_FALSE(occupies(failed, {&ended}));
}

}  // namespace
}  // namespace dunlin::manager
