#include "kubernetes/operator/migration_metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MigrationMetricsTest : public testing::Test {
 protected:
  MigrationMetricsTest() {
    migrators.changed(migrator("web"));
    migrators.changed(migrator("audit"));
  }

  static Json migrator(const char* name) {
    Json made = object("migrations.coderanger.net/v1beta1", "Migrator", name);
    made["spec"]["selector"]["matchLabels"]["app"] = "myapp";
    return made;
  }

  void ran(const char* name, bool succeeded) {
    manager::Run run;
    run.started = *kubernetes::parse_time("2026-01-01T10:00:00Z");
    run.finished = run.started + seconds(20);
    run.succeeded = succeeded;
    metrics.ran(read_migrator(migrator(name)), run);
  }

  std::string text() const {
    Exposition exposition;
    metrics.write(exposition, migrators, pods);
    return exposition.text();
  }

  static std::string count(const char* name, const char* outcome, int value) {
    return fmt::format(
        "\ndunlin_operator_migrations_total{{namespace=\"default\",migrator=\"{}\",outcome=\"{}\"}} {}\n", name,
        outcome, value);
  }

  Informers::Migrators migrators{read_migrator};
  Informers::Pods pods{read_pod};
  MigrationMetrics metrics;
};

TEST_F(MigrationMetricsTest, BeginAtNothing) {
  EXPECT_THAT(text(), AllOf(HasSubstr(count("web", "succeeded", 0)), HasSubstr(count("web", "failed", 0)),
                            HasSubstr(count("audit", "failed", 0))));
  ran("web", false);
  ran("web", true);
  ran("web", true);
  EXPECT_THAT(text(), AllOf(HasSubstr(count("web", "succeeded", 2)), HasSubstr(count("web", "failed", 1)),
                            HasSubstr(count("audit", "failed", 0))));
  EXPECT_THAT(text(),
              HasSubstr("dunlin_operator_migration_duration_seconds_sum{namespace=\"default\",migrator=\"web\"} 60"));
}

TEST_F(MigrationMetricsTest, OfAMigratorThatIsGoneNothingIsKept) {
  ran("web", false);
  migrators.removed(migrator("web"));
  EXPECT_THAT(text(), Not(HasSubstr("migrator=\"web\"")));
  EXPECT_THAT(text(), HasSubstr("migrator=\"audit\""));
  metrics.forget({"default", "web"});
  migrators.changed(migrator("web"));
  EXPECT_THAT(text(), HasSubstr(count("web", "failed", 0))) << "another of this name begins anew";
}

TEST_F(MigrationMetricsTest, CountThePodsThatWait) {
  migrators.changed(migrator("testing"));
  for (const char* name : {"one", "two"}) pods.changed(waiting(pod(name, "myapp:v1"), "myapp:v1"));
  pods.changed(pod("three", "myapp:v1"));
  EXPECT_THAT(text(), AllOf(HasSubstr("dunlin_operator_waiting_pods{namespace=\"default\",migrator=\"testing\"} 2\n"),
                            HasSubstr("dunlin_operator_waiting_pods{namespace=\"default\",migrator=\"web\"} 0\n")));
}

}  // namespace
}  // namespace dunlin::manager
