#include "kubernetes/operator/admission.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "dunlin/error.h"

namespace dunlin::manager {
namespace {

using kubernetes::Json;

TEST(Admission, IsAnsweredInTheVersionItIsAskedIn) {
  for (const char* version : {"admission.k8s.io/v1", "admission.k8s.io/v1beta1"}) {
    const Json review{
        {"apiVersion", version},
        {"kind", "AdmissionReview"},
        {"request", {{"uid", "u1"}, {"operation", "CREATE"}, {"namespace", "shop"}, {"object", {{"kind", "Pod"}}}}}};
    const AdmissionRequest request = read_review(review.dump());
    EXPECT_EQ(request.operation, "CREATE");
    EXPECT_EQ(request.namespace_name, "shop");
    EXPECT_EQ(request.object, Json({{"kind", "Pod"}}));
    EXPECT_EQ(Json::parse(to_review(request, {.reason = "no migrators"})),
              Json({{"apiVersion", version},
                    {"kind", "AdmissionReview"},
                    {"response",
                     {{"uid", "u1"}, {"allowed", true}, {"status", {{"code", 200}, {"reason", "no migrators"}}}}}}));
  }
}

TEST(Admission, P1_12_TheNamespaceIsTheRequests) {
  const Json review = Json::parse(R"({"apiVersion": "admission.k8s.io/v1", "request": {"uid": "u1",
      "namespace": "shop", "operation": "CREATE", "object": {"metadata": {"generateName": "web-"}}}})");
  EXPECT_EQ(read_review(review.dump()).namespace_name, "shop");
}

TEST(Admission, SaysWhoAsks) {
  const AdmissionRequest request = read_review(R"({"apiVersion": "admission.k8s.io/v1", "request": {"uid": "u1",
      "oldObject": {"a": 1}, "userInfo": {"username": "eve", "uid": "7", "groups": ["g", "h"],
      "extra": {"scopes": ["a"]}}}})");
  EXPECT_EQ(request.user.name + request.user.uid, "eve7");
  EXPECT_THAT(request.user.groups, testing::ElementsAre("g", "h"));
  EXPECT_EQ(request.user.extra, Json({{"scopes", {"a"}}}));
  EXPECT_EQ(request.old_object, Json({{"a", 1}}));
}

// Copying it would need as much stack as it is deep, and anybody in the cluster can send one.
TEST(Admission, WhatNestsWithoutEndIsRefused) {
  const auto nested = [](std::size_t depth) {
    return R"({"apiVersion": "admission.k8s.io/v1", "request": {"uid": "[[\"[", "object": )" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  EXPECT_NO_THROW(read_review(nested(100)));
  EXPECT_THROW(read_review(nested(3'000'000)), Failure);
}

TEST(Admission, APatchComesWithItsType) {
  const AdmissionRequest request{.api_version = "admission.k8s.io/v1", .uid = "u1"};
  const Json patch = Json::parse(R"([{"op": "add", "path": "/a", "value": 1}])");
  const Json response = Json::parse(to_review(request, {.patch = patch}))["response"];
  EXPECT_EQ(response["patchType"], "JSONPatch");
  EXPECT_EQ(Json::parse(*decode_base64(response["patch"].get<std::string>())), patch);
}

TEST(Admission, ADenialSaysWhy) {
  const AdmissionRequest request{.api_version = "admission.k8s.io/v1", .uid = "u1"};
  const AdmissionAnswer denial{.allowed = false, .code = 500, .message = "no"};
  EXPECT_EQ(Json::parse(to_review(request, denial))["response"],
            Json({{"uid", "u1"}, {"allowed", false}, {"status", {{"code", 500}, {"message", "no"}}}}));
}

TEST(Admission, WhatIsNoReviewIsRefused) {
  for (const char* body : {"", "{", "null", "[]", R"({"apiVersion": "admission.k8s.io/v1"})",
                           R"({"apiVersion": "admission.k8s.io/v1", "request": {"uid": 7}})",
                           R"({"apiVersion": "admission.k8s.io/v2", "request": {"uid": "u1"}})"}) {
    EXPECT_THROW(read_review(body), Failure) << body;
  }
}

}  // namespace
}  // namespace dunlin::manager
