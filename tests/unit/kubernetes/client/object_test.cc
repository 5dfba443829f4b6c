#include "kubernetes/client/object.h"

#include <gmock/gmock.h>

namespace dunlin::kubernetes {
namespace {

using testing::ElementsAre;
using testing::Pair;

const Json kPod = Json::parse(R"({
  "apiVersion": "v1", "kind": "Pod",
  "metadata": {
    "name": "web-1", "namespace": "shop", "uid": "u1", "resourceVersion": "17",
    "creationTimestamp": "2026-01-01T10:02:03Z", "deletionTimestamp": null,
    "labels": {"app": "web", "broken": 1},
    "annotations": {"migrations.coderanger.net/no-wait": "true"},
    "ownerReferences": [
      {"apiVersion": "v1", "kind": "ConfigMap", "name": "settings", "uid": "u8"},
      {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-abc", "uid": "u9", "controller": true}]},
  "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Initialized", "status": "False"}]}
})");

TEST(Object, IsReadByTheNamesOfItsFields) {
  EXPECT_EQ(name_of(kPod), "web-1");
  EXPECT_EQ(namespace_of(kPod), "shop");
  EXPECT_EQ(uid_of(kPod), "u1");
  EXPECT_EQ(resource_version_of(kPod), "17");
  EXPECT_EQ(label(kPod, "app"), "web");
  EXPECT_EQ(annotation(kPod, "migrations.coderanger.net/no-wait"), "true");
  EXPECT_EQ(created_at(kPod), parse_time("2026-01-01T10:02:03Z"));
  EXPECT_THAT(string_map(field(kPod, "metadata", "labels")), ElementsAre(Pair("app", "web")));
  EXPECT_EQ(reference_to(kPod), (Reference{"v1", "Pod", "shop", "web-1", "u1"}));
  EXPECT_TRUE(is_true(condition(kPod, "Ready")));
  EXPECT_FALSE(is_true(condition(kPod, "Initialized")));
  EXPECT_FALSE(is_true(condition(kPod, "Absent")));
}

TEST(Object, OnlyTheControllerIsItsOwner) {
  EXPECT_EQ(controller_of(kPod), (Reference{"apps/v1", "ReplicaSet", "shop", "web-abc", "u9"}));
  EXPECT_EQ(controller_of(Json::parse(R"({"metadata": {"ownerReferences": [{"name": "a"}]}})")), std::nullopt);
}

TEST(Object, IsBeingDeletedOnceItHasATimeForIt) {
  EXPECT_FALSE(is_being_deleted(kPod));
  EXPECT_TRUE(is_being_deleted(Json{{"metadata", {{"deletionTimestamp", "2026-01-01T10:02:03Z"}}}}));
}

TEST(Object, WhatIsNotAsItShouldBeReadsAsEmpty) {
  for (const char* strange : {"null", "7", "[]", R"("x")", R"({"metadata": 7})", R"({"metadata": {"name": ["x"]}})",
                              R"({"metadata": {"labels": [], "ownerReferences": {"controller": true}}})",
                              R"({"metadata": {"ownerReferences": [7]}, "status": {"conditions": [null, "x"]}})"}) {
    const Json object = Json::parse(strange);
    EXPECT_EQ(name_of(object), "") << strange;
    EXPECT_EQ(label(object, "app"), "") << strange;
    EXPECT_EQ(created_at(object), std::nullopt) << strange;
    EXPECT_EQ(controller_of(object), std::nullopt) << strange;
    EXPECT_TRUE(condition(object, "Ready").is_null()) << strange;
    EXPECT_TRUE(list(field(object, "metadata", "ownerReferences")).is_array()) << strange;
  }
  EXPECT_EQ(integer(Json(1.5), 3), 3);
  EXPECT_EQ(integer(Json("1"), 3), 3);
  EXPECT_FALSE(flag(Json("true")));
}

TEST(Time, IsWrittenWithSecondsOrWithSixDigits) {
  const Time time = *parse_time("2026-01-01T10:02:03.000450Z");
  EXPECT_EQ(format_time(time), "2026-01-01T10:02:03Z");
  EXPECT_EQ(format_micro_time(time), "2026-01-01T10:02:03.000450Z");
  EXPECT_EQ(format_micro_time(*parse_time("2026-01-01T10:02:03Z")), "2026-01-01T10:02:03.000000Z");
  EXPECT_EQ(parse_time("yesterday"), std::nullopt);
}

}  // namespace
}  // namespace dunlin::kubernetes
