#include "kubernetes/operator/run_report.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

using testing::ElementsAre;

TEST(RunReport, SaysWhereTheSchemaStands) {
  const auto report = read_run_report(
      R"({"dunlin": "0.1.0", "outcome": "succeeded", "exit_code": 0, "current": "3", "applied": ["3", "2"],
          "applied_total": 3, "pending": ["4"], "pending_total": 1})");
  ASSERT_TRUE(report && report->schema);
  EXPECT_EQ(report->schema->current, "3");
  EXPECT_THAT(report->schema->applied, ElementsAre("3", "2"));
  EXPECT_EQ(report->schema->applied_total, 3);
  EXPECT_THAT(report->schema->pending, ElementsAre("4"));
  EXPECT_EQ(report->schema->pending_total, 1);
  EXPECT_EQ(report->error, "");
  EXPECT_EQ(read_schema_state(to_json(*report->schema)), *report->schema);
}

TEST(RunReport, HasNoSchemaWhereTheDatabaseCouldNotBeAsked) {
  const auto report =
      read_run_report(R"({"dunlin": "0.1.0", "outcome": "failed", "exit_code": 6, "error": "no such host"})");
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->schema);
  EXPECT_EQ(report->error, "no such host");
}

TEST(RunReport, IsNotWhatAnotherProgramSays) {
  for (const char* message : {"", "panic", "{", "[]", "17", R"({"error": "no table"})", R"({"dunlin": 1})"})
    EXPECT_FALSE(read_run_report(message)) << message;
}

}  // namespace
}  // namespace dunlin::manager
