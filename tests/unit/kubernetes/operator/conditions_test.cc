#include "kubernetes/operator/conditions.h"

#include <gmock/gmock.h>

#include "kubernetes/operator/migrator.h"

namespace dunlin::manager {
namespace {

using kubernetes::parse_time;
using kubernetes::Time;

const Time kMorning = *parse_time("2026-01-01T08:00:00.5Z");
const Time kNoon = *parse_time("2026-01-01T12:00:00Z");

Conditions after(const Verdict& verdict, std::int64_t generation = 1) {
  Conditions conditions;
  conditions.apply(verdict, generation, kMorning);
  return conditions;
}

struct Row {
  Verdict verdict;
  Truth status;
  const char* reason;
  const char* message;
};

TEST(Conditions, SayWhatMigrationsOperatorSays) {
  using enum Truth;
  const std::vector<Row> table{
      {nothing_matches(), unknown, "Unknown", ""},
      {in_error("no template pods found"), no, "Error", "no template pods found"},
      {up_to_date("app:1"), yes, "MigrationsUpToDate", "Migration app:1 already run"},
      {create_failed("it is there"), unknown, "CreateError", "Error on create, possible conflict: it is there"},
      {started("ns/m", "app:1"), no, "MigrationsRunning", "Started migration job ns/m using image app:1"},
      {running("ns/m", "app:1", ""), no, "MigrationsRunning", "Migration job ns/m using image app:1 still running"},
      {deleted_stale("ns/m", "app:0"), no, "StaleJob", "Deleted stale migration job ns/m (app:0)"},
      {succeeded("ns/m", "app:1"), yes, "MigrationsSucceeded", "Migration job ns/m using image app:1 succeeded"},
      {failed("ns/m", "app:1", ""), no, "MigrationsFailed", "Migration job ns/m using image app:1 failed"},
  };
  for (const Row& row : table) {
    const Conditions conditions = after(row.verdict);
    const Condition& ready = *conditions.find("MigrationsReady");
    EXPECT_EQ(ready.status, row.status) << row.reason;
    EXPECT_EQ(ready.reason, row.reason);
    EXPECT_EQ(ready.message, row.message);
  }
}

TEST(Conditions, ReadyFollowsMigrationsReady) {
  const Conditions well = after(up_to_date("app:1"));
  EXPECT_EQ(well.find("Ready")->status, Truth::yes);
  EXPECT_EQ(well.find("Ready")->reason, "CompositeReady");
  EXPECT_EQ(well.find("Ready")->message, "ReadyStatusComponent observed correct status of MigrationsReady");
  for (const Verdict& verdict : {nothing_matches(), started("j", "i"), create_failed("e")}) {
    const Conditions conditions = after(verdict);
    EXPECT_EQ(conditions.find("Ready")->status, Truth::no);
    EXPECT_EQ(conditions.find("Ready")->reason, "CompositeNotReady");
    EXPECT_EQ(conditions.find("Ready")->message,
              "ReadyStatusComponent did not observe correct status of MigrationsReady");
  }
}

TEST(Conditions, TellKstatusWhetherItGoesOnByItself) {
  const auto both = [](const Verdict& verdict) {
    const Conditions conditions = after(verdict);
    return std::pair(conditions.find("Reconciling")->status, conditions.find("Stalled")->status);
  };
  EXPECT_EQ(both(up_to_date("i")), std::pair(Truth::no, Truth::no));
  EXPECT_EQ(both(running("j", "i", "")), std::pair(Truth::yes, Truth::no));
  EXPECT_EQ(both(failed_and_due("j", "i", "", "t")), std::pair(Truth::yes, Truth::no));
  EXPECT_EQ(both(failed_for_good({}, "j", "i", "")), std::pair(Truth::no, Truth::yes));
  EXPECT_EQ(both(in_error("e")), std::pair(Truth::no, Truth::yes));
}

TEST(Conditions, TheirTimeMovesWithTheStatusOnly) {
  Conditions conditions = after(started("j", "i"));
  EXPECT_EQ(conditions.find("MigrationsReady")->since, *parse_time("2026-01-01T08:00:00Z"));
  conditions.apply(running("j", "i", ""), 2, kNoon);
  EXPECT_EQ(conditions.find("MigrationsReady")->since, *parse_time("2026-01-01T08:00:00Z"));
  EXPECT_EQ(conditions.find("MigrationsReady")->observed_generation, 2);
  EXPECT_EQ(conditions.find("Ready")->observed_generation, 2);
  conditions.apply(succeeded("j", "i"), 2, kNoon);
  EXPECT_EQ(conditions.find("MigrationsReady")->since, kNoon);
  EXPECT_EQ(conditions.find("Stalled")->since, *parse_time("2026-01-01T08:00:00Z"));
}

TEST(Conditions, AreReadAsTheyWereWritten) {
  const Conditions conditions = after(failed_for_good({}, "j", "i", "exit code 2"), 4);
  EXPECT_EQ(Conditions::read(conditions.to_json()), conditions);
}

TEST(Event, IsAWarningWhenSomebodyShouldLook) {
  EXPECT_EQ(event_of(started("ns/m", "app:1")),
            (Event{false, "MigrationsStarted", "Started migration job ns/m using image app:1"}));
  EXPECT_TRUE(event_of(failed("j", "i", "")).warning);
  EXPECT_TRUE(event_of(create_failed("e")).warning);
  EXPECT_FALSE(event_of(deleted_stale("j", "i")).warning);
  EXPECT_LE(event_of(failed("j", "i", std::string(5000, 'x'))).message.size(), 1024U);
}

}  // namespace
}  // namespace dunlin::manager
