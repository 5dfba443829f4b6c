#include "kubernetes/operator/identity.h"

#include <gmock/gmock.h>

#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using testing::StartsWith;

const Json kSpec = Json::parse(R"({
  "containers": [{"name": "app", "image": "app:1", "args": ["serve"], "env": [{"name": "A", "value": "1"}],
                  "volumeMounts": [{"name": "settings", "mountPath": "/etc/app"}]},
                 {"name": "proxy", "image": "proxy:1"}],
  "volumes": [{"name": "settings", "configMap": {"name": "settings-1"}}, {"name": "other", "emptyDir": {}}]
})");

std::string by_template(const Json& spec) {
  return identity_of(Trigger::pod_template, spec, spec["containers"][0]);
}

TEST(Identity, ByImageIsTheImage) {
  EXPECT_EQ(identity_of(Trigger::image, kSpec, kSpec["containers"][0]), "app:1");
}

TEST(Identity, ByDigestIsTheDigestWhereThereIsOne) {
  EXPECT_EQ(identity_of(Trigger::digest, {}, {{"image", "host:5000/app:1@sha256:ab"}}), "sha256:ab");
  EXPECT_EQ(identity_of(Trigger::digest, {}, {{"image", "host:5000/app:1"}}), "host:5000/app:1");
}

TEST(Identity, P1_2_ByTemplateIsAnotherForEverythingTheContainerIsRunWith) {
  const std::string before = by_template(kSpec);
  EXPECT_THAT(before, StartsWith("app:1@"));
  EXPECT_EQ(before.size(), std::string("app:1@").size() + 16);
  for (const char* path : {"/containers/0/image", "/containers/0/args/0", "/containers/0/env/0/value",
                           "/containers/0/volumeMounts/0/mountPath", "/volumes/0/configMap/name"}) {
    Json changed = kSpec;
    changed[Json::json_pointer(path)] = "other";
    EXPECT_NE(by_template(changed), before) << path;
  }
}

TEST(Identity, ByTemplateIsThatOfThePodsMadeFromIt) {
  Json pod = kSpec;
  Json& container = pod["containers"][0];
  container["volumeMounts"].push_back(
      {{"name", "kube-api-access-x"}, {"mountPath", "/var/run/secrets/kubernetes.io/serviceaccount"}});
  pod["volumes"].push_back({{"name", "kube-api-access-x"}, {"projected", Json::object()}});
  container["resources"] = {{"limits", {{"cpu", "1"}}}};
  container["imagePullPolicy"] = "Always";
  pod["containers"].push_back({{"name", "mesh"}, {"image", "mesh:1"}});
  pod["nodeName"] = "n1";
  EXPECT_EQ(by_template(pod), by_template(kSpec));
}

}  // namespace
}  // namespace dunlin::manager
