#include "kubernetes/operator/workload.h"

#include <map>

#include <gmock/gmock.h>

#include "dunlin/error.h"
#include "unit/kubernetes/operator/objects.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Reference;
using testing::ElementsAre;

// What is there to be fetched.
class Objects {
 public:
  Objects(std::initializer_list<Json> all) {
    for (const Json& one : all) by_name_[kubernetes::text(field(one, "kind")) + "/" + kubernetes::name_of(one)] = one;
  }

  std::optional<Workload> workload_of(const Json& pod) {
    OwnerWalk walk(read_pod(pod));
    while (const auto next = walk.next()) {
      fetched.push_back(next->kind + "/" + next->name);
      const auto found = by_name_.find(fetched.back());
      Json object = found == by_name_.end() ? Json{} : found->second;
      // Members of a list do not say what they are.
      if (object.is_object()) object.erase("kind"), object.erase("apiVersion");
      walk.give(std::move(object));
    }
    return walk.workload();
  }

  std::vector<std::string> fetched;

 private:
  std::map<std::string, Json> by_name_;
};

std::string image_of(const Workload& workload) {
  return kubernetes::text(field(template_container(workload.pod_template, ""), "image"));
}

const Json kDeployment = with_template("apps/v1", "Deployment", "web", "myapp:v2");
const Json kOldSet = owned_by(with_template("apps/v1", "ReplicaSet", "web-1", "myapp:v1"), kDeployment);
const Json kNewSet = owned_by(with_template("apps/v1", "ReplicaSet", "web-2", "myapp:v2"), kDeployment);

TEST(Workload, C13_OfAPodIsWhatItsOwnersLeadTo) {
  Objects objects{kDeployment, kOldSet, kNewSet};
  const auto workload = objects.workload_of(owned_by(pod("web-2-a", "myapp:v2"), kNewSet));
  EXPECT_THAT(objects.fetched, ElementsAre("ReplicaSet/web-2", "Deployment/web"));
  EXPECT_EQ(workload->name, "Deployment/web");
  EXPECT_EQ(workload->root, "Deployment-web");
  EXPECT_EQ(image_of(*workload), "myapp:v2");
  EXPECT_FALSE(workload->open_ended);
}

TEST(Workload, P0_3_OfALeftOverPodHasThePresentTemplate) {
  Objects objects{kDeployment, kOldSet, kNewSet};
  const Json old_pod = owned_by(pod("web-1-a", "myapp:v1"), kOldSet);
  const auto of_old = objects.workload_of(old_pod);
  EXPECT_EQ(image_of(*of_old), "myapp:v2");
  EXPECT_FALSE(of_old->is_present(read_pod(old_pod)));
  const Json new_pod = owned_by(pod("web-2-a", "myapp:v2"), kNewSet);
  EXPECT_TRUE(objects.workload_of(new_pod)->is_present(read_pod(new_pod)));
}

TEST(Workload, P1_9_IsKnownForEveryKindThatMakesPods) {
  const Json cron_job{{"apiVersion", "batch/v1beta1"},
                      {"kind", "CronJob"},
                      {"metadata", {{"name", "nightly"}, {"uid", "c1"}}},
                      {"spec", {{"jobTemplate", {{"spec", {{"template", pod_template("myapp:v3")}}}}}}}};
  const Json job = owned_by(with_template("batch/v1", "Job", "nightly-1", "myapp:v1"), cron_job);
  Objects objects{with_template("apps/v1", "StatefulSet", "db", "myapp:v3"),
                  with_template("apps/v1", "DaemonSet", "agent", "myapp:v3"),
                  with_template("apps/v1", "ReplicaSet", "alone", "myapp:v3"),
                  with_template("batch/v1", "Job", "once", "myapp:v3"),
                  cron_job,
                  job};
  for (const auto& [kind, name] :
       {std::pair("StatefulSet", "db"), std::pair("DaemonSet", "agent"), std::pair("ReplicaSet", "alone")}) {
    const auto workload = objects.workload_of(owned_by(pod("p", "myapp:v1"), object("apps/v1", kind, name)));
    EXPECT_EQ(image_of(*workload), "myapp:v3") << kind;
    EXPECT_EQ(workload->name, std::string(kind) + "/" + name);
  }
  EXPECT_EQ(image_of(*objects.workload_of(owned_by(pod("p", "myapp:v3"), object("batch/v1", "Job", "once")))),
            "myapp:v3");
  const auto nightly = objects.workload_of(owned_by(pod("p", "myapp:v1"), job));
  EXPECT_EQ(nightly->name, "CronJob/nightly");
  EXPECT_EQ(image_of(*nightly), "myapp:v3");
  EXPECT_FALSE(nightly->all_present);
}

TEST(Workload, C17_OfARollout) {
  const Json rollout = with_template("argoproj.io/v1alpha1", "Rollout", "web", "myapp:v1");
  Objects objects{rollout, owned_by(with_template("apps/v1", "ReplicaSet", "web-1", "myapp:v1"), rollout)};
  const auto workload = objects.workload_of(owned_by(pod("p", "myapp:v1"), object("apps/v1", "ReplicaSet", "web-1")));
  EXPECT_EQ(workload->name, "Rollout/web");
  EXPECT_EQ(image_of(*workload), "myapp:v1");
}

TEST(Workload, C18_OfARolloutThatRefersToADeployment) {
  Json rollout = object("argoproj.io/v1alpha1", "Rollout", "web");
  rollout["spec"]["workloadRef"] = {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "web"}};
  const Json set = owned_by(with_template("apps/v1", "ReplicaSet", "web-1", "myapp:v1"), rollout);
  Objects objects{kDeployment, rollout, set};
  const auto workload = objects.workload_of(owned_by(pod("p", "myapp:v1"), set));
  EXPECT_THAT(objects.fetched, ElementsAre("ReplicaSet/web-1", "Rollout/web", "Deployment/web"));
  EXPECT_EQ(workload->name, "Rollout/web");
  EXPECT_EQ(image_of(*workload), "myapp:v2");

  Objects without{rollout, set};
  const auto fallen_back = without.workload_of(owned_by(pod("p", "myapp:v1"), set));
  EXPECT_EQ(image_of(*fallen_back), "myapp:v1");
  EXPECT_EQ(fallen_back->root, "Rollout-web");
  EXPECT_TRUE(fallen_back->open_ended);
}

TEST(Workload, TheControllersLabelTellsThePresentPodsOfAStatefulSet) {
  Json set = with_template("apps/v1", "StatefulSet", "db", "myapp:v2");
  set["metadata"]["generation"] = 3;
  set["status"] = {{"observedGeneration", 3}, {"updateRevision", "db-2"}};
  const Json old_pod = labelled(owned_by(pod("db-0", "myapp:v1"), set), "controller-revision-hash", "db-1");
  const Json new_pod = labelled(owned_by(pod("db-1", "myapp:v2"), set), "controller-revision-hash", "db-2");
  const auto workload = Objects{set}.workload_of(new_pod);
  EXPECT_TRUE(workload->is_present(read_pod(new_pod)));
  EXPECT_FALSE(workload->is_present(read_pod(old_pod)));

  // Its controller has not seen the present template yet.
  set["metadata"]["generation"] = 4;
  EXPECT_FALSE(Objects{set}.workload_of(new_pod)->is_present(read_pod(new_pod)));
}

TEST(Workload, TheControllersLabelTellsThePresentPodsOfADaemonSet) {
  Json set = with_template("apps/v1", "DaemonSet", "agent", "myapp:v2");
  set["metadata"]["annotations"] = {{"deprecated.daemonset.template.generation", "5"}};
  const Json old_pod = labelled(owned_by(pod("a", "myapp:v1"), set), "pod-template-generation", "4");
  const Json new_pod = labelled(owned_by(pod("b", "myapp:v2"), set), "pod-template-generation", "5");
  const auto workload = Objects{set}.workload_of(new_pod);
  EXPECT_TRUE(workload->is_present(read_pod(new_pod)));
  EXPECT_FALSE(workload->is_present(read_pod(old_pod)));
}

TEST(Workload, OfARolloutThePresentPodsHaveItsHash) {
  Json rollout = with_template("argoproj.io/v1alpha1", "Rollout", "web", "myapp:v2");
  rollout["metadata"]["generation"] = 7;
  rollout["status"] = {{"observedGeneration", "7"}, {"currentPodHash", "abc"}};
  // Argo puts things of its own into the template of a ReplicaSet.
  Json set = owned_by(with_template("apps/v1", "ReplicaSet", "web-abc", "myapp:v2"), rollout);
  set["spec"]["template"]["spec"]["affinity"] = Json::object();
  const Json present = labelled(owned_by(pod("p", "myapp:v2"), set), "rollouts-pod-template-hash", "abc");
  const auto workload = Objects{rollout, set}.workload_of(present);
  EXPECT_FALSE(workload->all_present);
  EXPECT_TRUE(workload->is_present(read_pod(present)));
}

TEST(Workload, P0_5_AnOwnerThatIsUnknownOrMayNotBeReadEndsTheWayUp) {
  const Json clone_set = object("apps.kruise.io/v1alpha1", "CloneSet", "web");
  const Json of_unknown = owned_by(pod("web-a", "myapp:v1"), clone_set);
  Objects objects{of_unknown};
  const auto unknown = objects.workload_of(of_unknown);
  EXPECT_THAT(objects.fetched, ElementsAre("Pod/web-a"));
  EXPECT_EQ(unknown->name, "CloneSet/web");
  EXPECT_EQ(unknown->root, "CloneSet-web");
  EXPECT_TRUE(unknown->open_ended);
  EXPECT_EQ(image_of(*unknown), "myapp:v1");

  Objects forbidden{kOldSet};
  const auto of_set = forbidden.workload_of(owned_by(pod("p", "myapp:v1"), kOldSet));
  EXPECT_THAT(forbidden.fetched, ElementsAre("ReplicaSet/web-1", "Deployment/web"));
  EXPECT_EQ(image_of(*of_set), "myapp:v1");
  EXPECT_EQ(of_set->root, "Deployment-web");
  EXPECT_TRUE(of_set->open_ended);
}

TEST(Workload, AnOwnerAboveADeploymentDoesNotMatter) {
  const Json owned = owned_by(kDeployment, object("shop.example/v1", "App", "shop"));
  Objects objects{owned, kNewSet};
  const auto workload = objects.workload_of(owned_by(pod("p", "myapp:v2"), kNewSet));
  EXPECT_EQ(workload->name, "Deployment/web");
  EXPECT_EQ(workload->root, "Deployment-web");
  EXPECT_FALSE(workload->open_ended);
}

TEST(Workload, AnotherOwnerOfTheSameNameIsNotMeant) {
  Json recreated = kOldSet;
  recreated["metadata"]["uid"] = "later";
  Objects objects{recreated, pod("p", "myapp:v1")};
  EXPECT_EQ(objects.workload_of(owned_by(pod("p", "myapp:v1"), kOldSet))->made_from["spec"]["containers"][0]["image"],
            "myapp:v1");
  EXPECT_THAT(objects.fetched, ElementsAre("ReplicaSet/web-1", "Pod/p"));
}

TEST(Workload, OwnersInACircleEnd) {
  Json first = object("apps/v1", "ReplicaSet", "a");
  Json second = object("apps/v1", "ReplicaSet", "b");
  first = owned_by(first, second);
  second = owned_by(second, first);
  Objects objects{first, second};
  EXPECT_EQ(objects.workload_of(owned_by(pod("p", "myapp:v1"), first)), std::nullopt);
}

TEST(Workload, APodThatIsGoneHasNone) {
  EXPECT_FALSE(Objects{}.workload_of(pod("p", "myapp:v1")).has_value());
}

TEST(Workload, P1_9_APodAsTemplateLosesWhatBelongsToItAlone) {
  const Json bare = Json::parse(R"({
    "metadata": {"name": "p", "uid": "u", "labels": {"app": "web"}},
    "spec": {"nodeName": "n1", "hostname": "p", "subdomain": "s", "serviceAccount": "app", "serviceAccountName": "app",
      "priority": 100, "priorityClassName": "high", "preemptionPolicy": "Never", "overhead": {"cpu": "1"},
      "ephemeralContainers": [{"name": "debug"}],
      "initContainers": [{"name": "i", "volumeMounts": [
        {"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
      "containers": [{"name": "app", "image": "app:1", "volumeMounts": [
        {"name": "data", "mountPath": "/data"},
        {"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
      "volumes": [{"name": "kube-api-access-x", "projected": {}},
                  {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]},
    "status": {"phase": "Running"}})");
  Objects objects{[&] {
    Json made = bare;
    made["kind"] = "Pod";
    return made;
  }()};
  const Json spec = objects.workload_of(bare)->pod_template["spec"];
  EXPECT_EQ(spec, Json::parse(R"({"serviceAccountName": "app", "priorityClassName": "high",
      "initContainers": [{"name": "i", "volumeMounts": []}],
      "containers": [{"name": "app", "image": "app:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
      "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]})"));
}

TEST(Workload, ATokenThatIsMountedElsewhereTooStays) {
  Json bare = pod("p", "app:1");
  bare["spec"]["containers"][0]["volumeMounts"] =
      Json::parse(R"([{"name": "t", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
                      {"name": "t", "mountPath": "/t"}])");
  bare["spec"]["volumes"] = Json::parse(R"([{"name": "t", "projected": {}}])");
  const Json spec = Objects{bare}.workload_of(bare)->pod_template["spec"];
  EXPECT_EQ(spec["containers"][0]["volumeMounts"].size(), 1U);
  EXPECT_EQ(spec["volumes"].size(), 1U);
}

TEST(Workload, AStatefulSetsClaimsBecomeEmptyDirectories) {
  Json set = with_template("apps/v1", "StatefulSet", "db", "myapp:v2");
  set["spec"]["volumeClaimTemplates"] = Json::array({{{"metadata", {{"name", "data"}}}}});
  const auto workload = Objects{set}.workload_of(owned_by(pod("db-0", "myapp:v2"), set));
  EXPECT_EQ(workload->pod_template["spec"]["volumes"], Json::parse(R"([{"name": "data", "emptyDir": {}}])"));
}

// No API server lets one be written; a walk that asked for it again and again would never end.
TEST(Workload, AnOwnerWithoutAUidIsNotFollowed) {
  for (const bool at_the_pod : {true, false}) {
    Json set = kNewSet;
    Json owned = owned_by(pod("web-2-a", "myapp:v2"), kNewSet);
    (at_the_pod ? owned : set)["metadata"]["ownerReferences"][0].erase("uid");
    OwnerWalk walk(read_pod(owned));
    int steps = 0;
    for (; const auto next = walk.next(); ++steps) {
      ASSERT_LT(steps, 3);
      walk.give(next->kind == "Pod" ? owned : set);
    }
    EXPECT_EQ(steps, 1);
    EXPECT_EQ(image_of(*walk.workload()), "myapp:v2");
    EXPECT_EQ(walk_key(read_pod(owned)), at_the_pod ? "Pod-web-2-a" : "ReplicaSet-web-2");
  }
}

TEST(TemplateContainer, IsFoundByNameElseItIsTheFirst) {
  const Json two = Json::parse(R"({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}})");
  EXPECT_EQ(template_container(two, "")["name"], "a");
  EXPECT_EQ(template_container(two, "b")["name"], "b");
  for (const auto& [pod_template, name] : {std::pair(two, "c"), std::pair(Json::object(), "")}) {
    try {
      template_container(pod_template, name);
      ADD_FAILURE() << name;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().message, "no template container found");
    }
  }
}

TEST(WalkKey, IsOneForThePodsOfOneOwner) {
  const auto key = [](const Json& one) { return walk_key(read_pod(one)); };
  EXPECT_EQ(key(owned_by(pod("a", "i"), kNewSet)), key(owned_by(pod("b", "i"), kNewSet)));
  EXPECT_NE(key(owned_by(pod("a", "i"), kNewSet)), key(owned_by(pod("a", "i"), kOldSet)));
  EXPECT_NE(key(pod("a", "i")), key(pod("b", "i")));
  // A template of their own each.
  const Json unknown = object("x/v1", "CloneSet", "web");
  EXPECT_NE(key(owned_by(pod("a", "i"), unknown)), key(owned_by(pod("b", "i"), unknown)));
}

}  // namespace
}  // namespace dunlin::manager
