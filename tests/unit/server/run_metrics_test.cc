#include "server/run_metrics.h"

#include <gtest/gtest.h>

#include "dunlin/error.h"

namespace dunlin::server {
namespace {

RunMetrics some_run() {
  RunMetrics run;
  run.runs["applied"] = 1;
  run.seconds = run.last_run_seconds = 1.25;
  run.migrations = 3;
  run.lock_wait_seconds = 0.1;
  run.lock_retries = 2;
  run.last_run_at = run.last_success_at = 1'795'274'597.125;
  run.last_run_succeeded = true;
  return run;
}

std::string text_of(const RunMetricsByDatabase& all) {
  Exposition exposition;
  write_run_metrics(exposition, all);
  return exposition.text();
}

TEST(RunMetrics, AreReadBackAsTheyWereWritten) {
  const RunMetricsByDatabase all{{"app", some_run()}, {"odd \"name\"\\ with\na line, and {braces} x 1", some_run()}};
  const std::string text = text_of(all);
  EXPECT_EQ(text_of(read_run_metrics(text)), text);
}

TEST(RunMetrics, AFailedRunKeepsTheLastSuccess) {
  RunMetrics kept = some_run();
  RunMetrics failed;
  failed.runs["failed"] = 1;
  failed.last_run_at = kept.last_run_at + 60;
  failed.seconds = failed.last_run_seconds = 2;
  kept.add(failed);
  EXPECT_EQ(kept.runs["applied"], 1);
  EXPECT_EQ(kept.runs["failed"], 1);
  EXPECT_EQ(kept.seconds, 3.25);
  EXPECT_EQ(kept.last_run_seconds, 2);
  EXPECT_EQ(kept.last_success_at, some_run().last_success_at);
  EXPECT_FALSE(kept.last_run_succeeded);
}

TEST(RunMetrics, OneThatNeverSucceededSaysNothingOfALastSuccess) {
  RunMetrics failed;
  failed.runs["failed"] = 1;
  EXPECT_EQ(text_of({{"app", failed}}).find("dunlin_last_success"), std::string::npos);
  const std::string text = text_of({{"app", failed}, {"other", some_run()}});
  EXPECT_EQ(text.find("dunlin_last_success_timestamp_seconds{database=\"app\"}"), std::string::npos);
  EXPECT_NE(text.find("dunlin_last_success_timestamp_seconds{database=\"other\"}"), std::string::npos);
}

TEST(RunMetrics, WhatIsSomebodyElsesIsNotRead) {
  for (const std::string_view text :
       {"node_load1 0.5\n", "dunlin_runs_total 1\n", "dunlin_runs_total{database=\"a\",outcome=\"b\"} one\n",
        "dunlin_runs_total{database=\"a\n", "dunlin_run_seconds_total{database=\"a\"}\n", "{\n", "=\n"}) {
    EXPECT_THROW(read_run_metrics(text), Failure) << text;
  }
  EXPECT_TRUE(read_run_metrics("").empty());
}

}  // namespace
}  // namespace dunlin::server
