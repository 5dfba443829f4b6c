#include "kubernetes/client/label_selector.h"

#include <gmock/gmock.h>

#include "dunlin/error.h"

namespace dunlin::kubernetes {
namespace {

bool matches(const char* selector, const StringMap& labels) {
  return LabelSelector::parse(Json::parse(selector), "spec.selector").matches(labels);
}

std::string problem_of(const char* selector) {
  try {
    LabelSelector::parse(Json::parse(selector), "spec.selector");
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::config);
    return failure.error().message;
  }
  return "none";
}

TEST(LabelSelector, WithoutRequirementsMatchesEverything) {
  for (const char* selector : {"null", "{}", R"({"matchLabels": {}, "matchExpressions": []})",
                               R"({"matchLabels": null, "matchExpressions": null})"}) {
    EXPECT_TRUE(matches(selector, {})) << selector;
    EXPECT_TRUE(matches(selector, {{"app", "web"}})) << selector;
  }
}

TEST(LabelSelector, AllRequirementsHaveToHold) {
  const char* selector = R"({"matchLabels": {"app": "web"},
                             "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}]})";
  EXPECT_TRUE(matches(selector, {{"app", "web"}, {"tier", "b"}, {"more", ""}}));
  EXPECT_FALSE(matches(selector, {{"app", "web"}, {"tier", "c"}}));
  EXPECT_FALSE(matches(selector, {{"app", "api"}, {"tier", "a"}}));
  EXPECT_FALSE(matches(selector, {{"app", "web"}}));
}

TEST(LabelSelector, ALabelThatIsNotThereIsInNoSet) {
  const char* not_in = R"({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["a"]}]})";
  EXPECT_TRUE(matches(not_in, {}));
  EXPECT_TRUE(matches(not_in, {{"tier", "b"}}));
  EXPECT_FALSE(matches(not_in, {{"tier", "a"}}));

  const char* exists = R"({"matchExpressions": [{"key": "tier", "operator": "Exists"}]})";
  EXPECT_TRUE(matches(exists, {{"tier", ""}}));
  EXPECT_FALSE(matches(exists, {}));

  const char* does_not_exist = R"({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist", "values": []}]})";
  EXPECT_TRUE(matches(does_not_exist, {}));
  EXPECT_FALSE(matches(does_not_exist, {{"tier", "a"}}));
}

TEST(LabelSelector, SaysWhichFieldIsWrongAndWhatIsAllowed) {
  EXPECT_EQ(problem_of("[]"), "spec.selector: must be an object with matchLabels and matchExpressions");
  EXPECT_EQ(problem_of(R"({"app": "web"})"), "spec.selector: \"app\" is not one of matchLabels, matchExpressions");
  EXPECT_EQ(problem_of(R"({"matchLabels": ["app"]})"), "spec.selector.matchLabels: must be a map of strings");
  EXPECT_EQ(problem_of(R"({"matchLabels": {"app": 1}})"), "spec.selector.matchLabels.app: must be a string");
  EXPECT_EQ(problem_of(R"({"matchExpressions": {}})"), "spec.selector.matchExpressions: must be a list");
  EXPECT_EQ(problem_of(R"({"matchExpressions": [{"operator": "In"}]})"),
            "spec.selector.matchExpressions[0].key: must be a label's key");
  EXPECT_EQ(problem_of(R"({"matchExpressions": [{"key": "a", "operator": "Exists"}, {"key": "a", "operator": "in"}]})"),
            "spec.selector.matchExpressions[1].operator: \"in\" is not one of In, NotIn, Exists, DoesNotExist");
  EXPECT_EQ(problem_of(R"({"matchExpressions": [{"key": "a", "operator": "In", "values": []}]})"),
            "spec.selector.matchExpressions[0].values: must hold a value for In");
  EXPECT_EQ(problem_of(R"({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]})"),
            "spec.selector.matchExpressions[0].values: must be empty for Exists");
  EXPECT_EQ(problem_of(R"({"matchExpressions": [{"key": "a", "operator": "In", "values": [1]}]})"),
            "spec.selector.matchExpressions[0].values: must be a list of strings");
}

}  // namespace
}  // namespace dunlin::kubernetes
