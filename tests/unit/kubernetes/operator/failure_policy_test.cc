#include "kubernetes/operator/failure_policy.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using std::chrono::minutes;
using testing::SizeIs;

const kubernetes::Time kNow = *kubernetes::parse_time("2026-01-01T10:00:00Z");

EndedJob job(const char* uid) {
  return {.identity = "v1", .image = "v1", .workload = {}, .uid = uid, .config = "c"};
}

MigratorStatus failed(int times) {
  MigratorStatus status;
  for (int k = 0; k < times; ++k) record_failure(status, job("j"), false, "exit code 1", kNow);
  return status;
}

TEST(FailurePolicy, P1_1_TriesAgainFiveTimesAtGrowingDistances) {
  for (int attempt = 1; attempt <= 5; ++attempt)
    EXPECT_EQ(failed(attempt).failures.front().next_try, kNow + minutes(1 << (attempt - 1))) << attempt;
  EXPECT_EQ(failed(6).failures.front().next_try, std::nullopt);
  EXPECT_THAT(failed(6).history, SizeIs(6));
}

TEST(FailurePolicy, WhatIsHopelessIsNotTriedAgain) {
  MigratorStatus status;
  record_failure(status, job("j"), true, "exit code 5", kNow);
  EXPECT_EQ(status.failures.front().next_try, std::nullopt);
  EXPECT_FALSE(is_due(status, "v1", kNow + minutes(1000)));
}

TEST(FailurePolicy, IsDueWhenItsTimeHasCome) {
  const MigratorStatus status = failed(1);
  EXPECT_FALSE(is_due(status, "v1", kNow));
  EXPECT_TRUE(is_due(status, "v1", kNow + minutes(1)));
  EXPECT_TRUE(is_due(status, "v2", kNow)) << "it has not failed";
}

TEST(FailurePolicy, WhoDeletesTheJobWantsAnotherOne) {
  MigratorStatus status = failed(3);
  notice_deleted_jobs(kNow, status);
  EXPECT_TRUE(is_due(status, "v1", kNow));
  EXPECT_EQ(status.failures.front().attempts, 3) << "sooner, but not oftener";
  const MigratorStatus noticed = status;
  notice_deleted_jobs(kNow + minutes(5), status);
  EXPECT_EQ(status, noticed) << "once for each Job";

  MigratorStatus stalled = failed(6);
  notice_deleted_jobs(kNow, stalled);
  EXPECT_TRUE(is_due(stalled, "v1", kNow));
  EXPECT_EQ(stalled.failures.front().attempts, 0);
}

TEST(FailurePolicy, WhatWeDeleteIsNoWish) {
  MigratorStatus status = failed(1);
  mark_job_deleted("other", status);
  EXPECT_FALSE(status.failures.front().job_deleted);
  mark_job_deleted("j", status);
  notice_deleted_jobs(kNow, status);
  EXPECT_FALSE(is_due(status, "v1", kNow));

  record_failure(status, job("next"), false, "exit code 1", kNow);
  notice_deleted_jobs(kNow, status);
  EXPECT_TRUE(is_due(status, "v1", kNow)) << "the next Job was not ours to delete";
}

TEST(FailurePolicy, AFailureIsForgottenWhenItIsNoLongerWanted) {
  Survey survey;
  Wanted wanted;
  wanted.order.identity = "v2";
  survey.wanted.push_back(wanted);
  MigratorStatus status = failed(1);
  forget_failures(survey, "j", status);
  EXPECT_THAT(status.failures, SizeIs(1)) << "the Job is still there, and would be counted again";
  forget_failures(Survey{}, "", status);
  EXPECT_THAT(status.failures, SizeIs(1)) << "without pods nothing is known";
  forget_failures(survey, "", status);
  EXPECT_THAT(status.failures, SizeIs(0));
}

}  // namespace
}  // namespace dunlin::manager
