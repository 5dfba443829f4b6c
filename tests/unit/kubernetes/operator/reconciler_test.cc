#include "kubernetes/operator/reconciler.h"

#include <future>

#include <gmock/gmock.h>

#include "dunlin/error.h"
#include "unit/kubernetes/operator/reconciling.h"

namespace dunlin::manager {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Reply = std::optional<ScriptedServer::Reply>;
using Result = Reconciled::Result;

constexpr const char* kStatusPath =
    "PATCH /apis/migrations.coderanger.net/v1beta1/namespaces/default/migrators/testing/status"
    "?fieldManager=dunlin-operator&force=true";
constexpr const char* kJobsPath = "POST /apis/batch/v1/namespaces/default/jobs?fieldManager=dunlin-operator";

TEST_F(Reconciling, AMigratorThatIsGoneNeedsNothing) {
  start();
  EXPECT_EQ(reconciler_.reconcile({"default", "gone"}).again_in, std::nullopt);
  EXPECT_THAT(server_.writes(), IsEmpty());
}

TEST_F(Reconciling, TheStatusIsWrittenThenTheJobIsMadeThenItIsTold) {
  start();
  EXPECT_EQ(reconcile().result, Result::done);
  EXPECT_THAT(server_.writes(), ElementsAre(kStatusPath, kJobsPath));
  EXPECT_THAT(told_, ElementsAre("MigrationsStarted"));
  EXPECT_EQ(reason(), "MigrationsRunning");
}

TEST_F(Reconciling, WhatItHasDoneIsNotDoneAgain) {
  start();
  settle();
  const std::size_t writes = server_.writes().size();
  catch_up();
  EXPECT_EQ(reconcile().result, Result::done);
  EXPECT_EQ(server_.writes().size(), writes);
}

TEST_F(Reconciling, ACopyFromBeforeItsOwnWriteIsNotDecidedUpon) {
  std::promise<void> may_watch;
  const std::shared_future<void> watching = may_watch.get_future().share();
  server_.before = [watching](const auto& request) -> Reply {
    if (asks(request, "GET", "/migrators?watch=")) watching.wait();
    return std::nullopt;
  };
  start();
  reconcile();
  const std::size_t writes = server_.writes().size();
  const Reconciled again = reconcile();
  EXPECT_EQ(again.result, Result::done);
  EXPECT_EQ(again.again_in, 1s);
  EXPECT_EQ(server_.writes().size(), writes);
  may_watch.set_value();
  catch_up();
  EXPECT_NE(reconcile().again_in, 1s);
}

TEST_F(Reconciling, WhoWasOvertakenMakesNoJob) {
  server_.before = [](const auto& request) -> Reply {
    return asks(request, "PATCH", "/status") ? Reply(ClusterApi::refusal(409, "Conflict")) : std::nullopt;
  };
  start();
  EXPECT_EQ(reconcile().result, Result::stale);
  EXPECT_THAT(server_.writes(), ElementsAre(kStatusPath));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(Reconciling, AServerInTroubleIsAFailure) {
  server_.before = [](const auto& request) -> Reply {
    return asks(request, "PATCH", "/status") ? Reply(ClusterApi::refusal(500, "InternalError", "no etcd"))
                                             : std::nullopt;
  };
  start();
  try {
    reconcile();
    FAIL() << "it did not fail";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::connect);
    EXPECT_THAT(failure.what(), HasSubstr("no etcd"));
  }
}

// Says of every new Job that there is one already, whose owner has that uid.
std::function<Reply(const ScriptedServer::Request&)> with_job_of(Json owner, const std::string& uid) {
  owner["metadata"]["uid"] = uid;
  const Json job = owned_by(with_template("batch/v1", "Job", kMigrationJob, "myapp:v1"), owner);
  return [job](const auto& request) -> Reply {
    if (asks(request, "POST", "/jobs")) return ClusterApi::refusal(409, "AlreadyExists", "it exists");
    if (asks(request, "GET", "/jobs/testing-migrations")) return ScriptedServer::answer(200, job.dump());
    return std::nullopt;
  };
}

// Of a reconcile that was cut after its POST: our copy does not have the Job yet.
TEST_F(Reconciling, AJobThatIsThereAlreadyAndOursIsWaitedFor) {
  server_.before = with_job_of(cluster_.migrator, kubernetes::uid_of(cluster_.migrator));
  start();
  EXPECT_EQ(reconcile().result, Result::stale);
  EXPECT_EQ(reason(), "MigrationsRunning");
}

TEST_F(Reconciling, AJobOfAnotherIsInTheWay) {
  server_.before = with_job_of(cluster_.migrator, "of-another");
  start();
  EXPECT_EQ(reconcile().result, Result::refused);
  EXPECT_EQ(reason(), "CreateError");
}

TEST_F(Reconciling, AJobThatIsRefusedIsToldInTheServersWords) {
  server_.before = [](const auto& request) -> Reply {
    return asks(request, "POST", "/jobs") ? Reply(ClusterApi::refusal(403, "Forbidden", "exceeded quota: jobs"))
                                          : std::nullopt;
  };
  start();
  EXPECT_EQ(reconcile().result, Result::refused);
  EXPECT_EQ(reason(), "CreateError");
  EXPECT_THAT(migrator()["status"].dump(), HasSubstr("exceeded quota: jobs"));
  EXPECT_THAT(told_, ElementsAre("CreateError!"));
}

TEST_F(Reconciling, TheEndOfAJobIsToldOnce) {
  start();
  settle();
  finish_job({{"succeeded", 1}, {"startTime", "2026-01-01T10:00:00Z"}, {"completionTime", "2026-01-01T10:00:05Z"}});
  settle();
  settle();
  ASSERT_EQ(runs_.size(), 1U);
  EXPECT_TRUE(runs_[0].succeeded);
  EXPECT_EQ(reason(), "MigrationsUpToDate");
  EXPECT_THAT(read_migrator(migrator()).status.lets_start("myapp:v1"), Eq(true));
}

TEST_F(Reconciling, AJobThatIsDoneGoesByItsUidAndTheNextVersionsComes) {
  start();
  settle();
  const std::string uid = kubernetes::uid_of(job());
  finish_job({{"succeeded", 1}, {"startTime", "2026-01-01T10:00:00Z"}, {"completionTime", "2026-01-01T10:00:05Z"}});
  settle();
  FakeCluster next;
  next.deploy("web", "myapp:v2");
  for (const auto& [key, object] : next.objects) server_.put(object);
  until([&] { return informers_.pods().find({"default", "web-v2-1"}) != nullptr; }, "the new pod is seen");
  settle();
  const auto requests = server_.requests();
  const auto removal =
      std::ranges::find_if(requests, [](const auto& request) { return asks(request, "DELETE", kMigrationJob); });
  ASSERT_NE(removal, requests.end());
  const Json options = Json::parse(removal->body);
  EXPECT_EQ(options["kind"], "DeleteOptions");
  EXPECT_EQ(options["preconditions"]["uid"], uid);
  EXPECT_EQ(kubernetes::text(job()["spec"]["template"]["spec"]["containers"][0]["image"]), "myapp:v2");
}

}  // namespace
}  // namespace dunlin::manager
