#include "kubernetes/operator/status_record.h"

#include <map>
#include <mutex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kubernetes/operator/lock_groups.h"
#include "support/scripted_server.h"
#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// A Migrator as an API server keeps it, by a definition that knows all of the status or only what the old one has.
class Record : public testing::Test {
 protected:
  Record() {
    kept = object("migrations.coderanger.net/v1beta1", "Migrator", "testing");
    kept["metadata"]["resourceVersion"] = "1";
    status.observed_generation = 1;
    status.last_successful_migration = "app:1";
    status.migrated = {{.identity = "app:1", .image = "app:1", .time = kubernetes::Time{}, .job_uid = "job-1"}};
  }

  ScriptedServer::Reply handle(const ScriptedServer::Request& request) {
    const std::scoped_lock lock(mutex_);
    const Json change = Json::parse(request.body);
    writes.push_back(request.line().find("/status?") != std::string::npos ? "status" : "annotation");
    if (field(change, "metadata", "resourceVersion") != kept["metadata"]["resourceVersion"])
      return ScriptedServer::answer(409, R"({"kind":"Status","reason":"Conflict"})");
    Json next = kept;
    if (writes.back() == "status") {
      next["status"] = change["status"];
      if (old_definition && refuses && change["status"].contains("migrated")) {
        const char* refusal =
            R"({"kind":"Status","reason":"InternalError","message":"failed to create typed patch object: )"
            R"(.status.migrated: field not declared in schema"})";
        return ScriptedServer::answer(500, refusal);
      }
      if (old_definition) {
        next["status"] = Json::object();
        for (const char* name : {"conditions", "lastSuccessfulMigration"}) {
          if (change["status"].contains(name)) next["status"][name] = change["status"][name];
        }
      }
    } else {
      next.merge_patch(change);
    }
    if (next != kept) next["metadata"]["resourceVersion"] = std::to_string(++version_);
    kept = next;
    return ScriptedServer::answer(200, kept.dump());
  }

  std::optional<std::string> write() {
    const Migrator migrator = read_migrator(kept);
    return record.write(migrator, migrator.resource_version, status);
  }

  std::string upgraded() const { return text(field(kubernetes::condition(kept, "Upgraded"), "status")); }

  Json kept;
  MigratorStatus status;
  bool old_definition = false;
  // It does not take what it does not know.
  bool refuses = false;
  std::vector<std::string> writes;

 private:
  std::mutex mutex_;
  int version_ = 1;
  ScriptedServer server_{[this](const auto& request, int) { return handle(request); }};
  kubernetes::ApiClient api_{{.server = server_.url()}, {.user_agent = "test"}};

 protected:
  StatusRecord record{api_};
};

TEST_F(Record, IsTheStatusWhereTheDefinitionKnowsIt) {
  EXPECT_EQ(write(), "2");
  EXPECT_THAT(writes, ElementsAre("status"));
  EXPECT_EQ(read_migrator(kept).status, status);
  EXPECT_EQ(upgraded(), "");
  EXPECT_FALSE(record.degraded());
}

TEST_F(Record, IsAnAnnotationBesidesWhereTheDefinitionIsAnOldOne) {
  old_definition = true;
  ASSERT_TRUE(write());
  EXPECT_TRUE(record.degraded());
  EXPECT_EQ(read_migrator(kept).status.migrated, status.migrated);
  EXPECT_EQ(upgraded(), "False");
  // What is there is there: nothing changes.
  const Json before = kept;
  EXPECT_EQ(write(), kubernetes::resource_version_of(before));
  EXPECT_EQ(kept, before);
}

TEST_F(Record, IsAnAnnotationBesidesWhereTheOldDefinitionRefusesIt) {
  old_definition = refuses = true;
  ASSERT_TRUE(write());
  EXPECT_TRUE(record.degraded());
  EXPECT_TRUE(read_migrator(kept).status_kept);
  EXPECT_EQ(read_migrator(kept).status.migrated, status.migrated);
  EXPECT_EQ(upgraded(), "False");
  EXPECT_EQ(text(field(kept, "status", "lastSuccessfulMigration")), "app:1");
}

TEST_F(Record, GoesBackIntoTheStatusOnceTheDefinitionIsNew) {
  old_definition = true;
  ASSERT_TRUE(write());
  old_definition = false;
  ASSERT_TRUE(write());
  EXPECT_EQ(kubernetes::annotation(kept, "migrations.coderanger.net/status"), "");
  EXPECT_EQ(upgraded(), "");
  EXPECT_EQ(read_migrator(kept).status, status);
}

TEST_F(Record, WritesNothingOverWhatSomebodyElseHasChanged) {
  const Migrator read = read_migrator(kept);
  kept["metadata"]["resourceVersion"] = "7";
  const Json before = kept;
  EXPECT_EQ(record.write(read, read.resource_version, status), std::nullopt);
  EXPECT_EQ(kept, before);
}

// The status was written, and the operator was killed before the annotation was.
TEST_F(Record, WhatTheOldDefinitionKeepsCountsBesidesTheAnnotation) {
  old_definition = true;
  ASSERT_TRUE(write());
  kept["status"]["lastSuccessfulMigration"] = "app:2";
  const MigratorStatus read = read_migrator(kept).status;
  EXPECT_TRUE(read.lets_start("app:2"));
  EXPECT_TRUE(read.lets_start("app:1"));
}

TEST(LockGroups, AreHeldByJobsOfOtherMigratorsOfTheGroup) {
  const auto migrator = [](const char* name, const char* group) {
    Json made = object("migrations.coderanger.net/v1beta1", "Migrator", name);
    made["spec"]["lockGroup"] = group;
    return made;
  };
  const auto job = [&](const char* of, const char* status) {
    Json made = owned_by(with_template("batch/v1", "Job", fmt::format("{}-migrations", of), "app:1"), migrator(of, ""));
    made["status"] = Json::parse(status);
    return made;
  };
  const Json migrators{
      {"items", {migrator("a", "db"), migrator("b", "db"), migrator("c", "db"), migrator("d", "other")}}};
  const Json jobs{{"items",
                   {job("a", R"({"active":1})"), job("b", R"({"active":1})"),
                    job("c", R"({"succeeded":1,"conditions":[{"type":"Complete","status":"True"}]})"),
                    job("d", R"({"active":1})")}}};
  Json pods{{"items", Json::array()}};
  const kubernetes::Time now = *kubernetes::parse_time("2026-01-01T10:05:00Z");
  ScriptedServer server([&](const auto& request, int) {
    const bool asks_for_jobs = request.line().find("/jobs") != std::string::npos;
    const bool asks_for_pods = request.line().find("/pods?labelSelector=migrations") != std::string::npos;
    return ScriptedServer::answer(200, (asks_for_jobs ? jobs : asks_for_pods ? pods : migrators).dump());
  });
  kubernetes::ApiClient api({.server = server.url()}, {.user_agent = "test"});
  LockGroups groups(api);
  const auto holders = [&](const char* name) {
    std::map<std::string, std::string> found;
    for (const LockHolder& holder : groups.holders(read_migrator(migrator(name, "db")), now))
      found.emplace(holder.migrator, holder.detail);
    return found;
  };
  EXPECT_THAT(holders("a"), ElementsAre(Pair("b", "")));
  EXPECT_THAT(holders("c"), ElementsAre(Pair("a", ""), Pair("b", "")));

  // The pod of a Job that has ended, and one whose Job is gone.
  Json ending = owned_by(started(pod("c-migrations-1", "app:1")), job("c", "{}"));
  ending["metadata"]["deletionTimestamp"] = "2026-01-01T10:00:00Z";
  Json orphan = started(pod("a-migrations-1", "app:1"));
  for (auto& [one, of] : {std::pair{&ending, "c"}, std::pair{&orphan, "a"}})
    (*one)["metadata"]["annotations"]["migrations.coderanger.net/migrator"] = of;
  pods["items"] = {ending, orphan};
  EXPECT_THAT(holders("b"), ElementsAre(Pair("a", "pod a-migrations-1 still runs"),
                                        Pair("c", HasSubstr("pod c-migrations-1 should have ended at"))));
  for (Json& one : pods["items"]) one["status"]["phase"] = "Failed";
  pods["items"][0]["status"].erase("containerStatuses");
  EXPECT_THAT(holders("b"), ElementsAre(Pair("a", "")));
}

}  // namespace
}  // namespace dunlin::manager
