#include "kubernetes/operator/workload.h"

#include <algorithm>
#include <array>
#include <set>

#include "dunlin/error.h"
#include "kubernetes/operator/bare_pod.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::integer;
using kubernetes::Json;
using kubernetes::list;
using kubernetes::Reference;
using kubernetes::text;

struct Kind {
  std::string_view group;
  std::string_view name;
  // It lives on from one version of its pods to the next; others are made anew for each.
  bool lasts;
};

constexpr std::array<Kind, 7> kKinds{{{"apps", "Deployment", true},
                                      {"apps", "StatefulSet", true},
                                      {"apps", "DaemonSet", true},
                                      {"apps", "ReplicaSet", false},
                                      {"batch", "CronJob", true},
                                      {"batch", "Job", false},
                                      {"argoproj.io", "Rollout", true}}};

// No real way up is longer; one that is goes in a circle.
constexpr std::size_t kMostOwners = 8;

const Kind* find_kind(const std::string& api_version, const std::string& kind) {
  const std::string_view group = std::string_view(api_version).substr(0, api_version.find('/'));
  const auto found =
      std::ranges::find_if(kKinds, [&](const Kind& known) { return known.group == group && known.name == kind; });
  return found == kKinds.end() ? nullptr : &*found;
}

const Kind* kind_of(const Json& object) {
  return find_kind(text(field(object, "apiVersion")), text(field(object, "kind")));
}

// Its kind has a template that we know. An owner without a uid is none: the API server lets nobody write one.
bool can_be_followed(const Reference& owner) {
  return !owner.uid.empty() && find_kind(owner.api_version, owner.kind) != nullptr;
}

std::string display_name(const Reference& object) {
  return object.kind + "/" + object.name;
}

// Its pods mount claims that are made for each of them. The migration gets empty directories in their place.
void replace_claims(const Json& stateful_set, Json& pod_template) {
  std::set<std::string> volumes;
  for (const Json& volume : list(field(pod_template, "spec", "volumes"))) volumes.insert(text(field(volume, "name")));
  for (const Json& claim : list(field(stateful_set, "spec", "volumeClaimTemplates"))) {
    const std::string& name = kubernetes::name_of(claim);
    if (!volumes.insert(name).second) continue;
    Json& all = pod_template["spec"]["volumes"];
    if (!all.is_array()) all = Json::array();
    all.push_back({{"name", name}, {"emptyDir", Json::object()}});
  }
}

// The controllers of these two mark the pods of the present revision.
void note_revision(const Json& object, Workload& workload) {
  const std::string& kind = text(field(object, "kind"));
  const Json& generation = field(object, "metadata", "generation");
  if (kind == "StatefulSet" && field(object, "status", "observedGeneration") == generation) {
    workload.revision_label = "controller-revision-hash";
    workload.revision = text(field(object, "status", "updateRevision"));
  } else if (kind == "DaemonSet") {
    workload.revision_label = "pod-template-generation";
    workload.revision = kubernetes::annotation(object, "deprecated.daemonset.template.generation");
  } else if (kind == "Rollout" &&
             text(field(object, "status", "observedGeneration")) == std::to_string(integer(generation))) {
    workload.revision_label = "rollouts-pod-template-hash";
    workload.revision = text(field(object, "status", "currentPodHash"));
  }
}

void note_rollout(const Json& object, Workload& workload) {
  workload.is_paused = field(object, "spec", "paused") == true;
  workload.wants_pods =
      integer(field(object, "spec", "replicas")) > 0 || integer(field(object, "status", "desiredNumberScheduled")) > 0;
}

}  // namespace

bool Workload::is_present(const PodView& pod) const {
  if (all_present) return true;
  if (revision.empty()) return false;
  const auto label = pod.labels.find(revision_label);
  return label != pod.labels.end() && label->second == revision;
}

const Json& template_container(const Json& pod_template, std::string_view name) {
  const Json& containers = list(field(pod_template, "spec", "containers"));
  for (const Json& container : containers) {
    if (name.empty() || text(field(container, "name")) == name) return container;
  }
  throw Failure(ErrorKind::config, "no template container found");
}

Json pod_template_of(const Json& object) {
  const Kind* kind = kind_of(object);
  if (kind == nullptr) return {};
  Json pod_template = kind->name == "CronJob" ? field(object, "spec", "jobTemplate", "spec", "template")
                                              : field(object, "spec", "template");
  // A Rollout that refers to another workload can have an empty one of its own.
  if (list(field(pod_template, "spec", "containers")).empty()) return {};
  if (kind->name == "StatefulSet") replace_claims(object, pod_template);
  return pod_template;
}

Workload workload_without_pods(const Json& object) {
  Workload workload{.name = display_name(kubernetes::reference_to(object)),
                    .root = kubernetes::uid_of(object),
                    .pod_template = pod_template_of(object),
                    .made_from = pod_template_of(object),
                    .created = kubernetes::created_at(object).value_or(kubernetes::Time{})};
  note_rollout(object, workload);
  return workload;
}

OwnerWalk::OwnerWalk(const PodView& pod)
    : pod_{.api_version = "v1", .kind = "Pod", .namespace_name = pod.namespace_name, .name = pod.name, .uid = pod.uid},
      pod_owner_(pod.owner) {}

std::optional<Reference> OwnerWalk::above() const {
  return owners_.empty() ? pod_owner_ : kubernetes::controller_of(owners_.back());
}

// Of the highest one, when that is where its template is.
const Json* OwnerWalk::template_reference() const {
  if (owners_.empty() || !pod_template_of(owners_.back()).is_null()) return nullptr;
  const Json& reference = field(owners_.back(), "spec", "workloadRef");
  return find_kind(text(field(reference, "apiVersion")), text(field(reference, "kind"))) == nullptr ? nullptr
                                                                                                    : &reference;
}

std::optional<Reference> OwnerWalk::next() const {
  const auto owner = above();
  const bool readable = !unreadable_ && owners_.size() < kMostOwners;
  if (owner && readable && can_be_followed(*owner)) return owner;
  if (const Json* reference = template_reference(); reference != nullptr && !referred_) {
    return Reference{.api_version = text(field(*reference, "apiVersion")),
                     .kind = text(field(*reference, "kind")),
                     .namespace_name = pod_.namespace_name,
                     .name = text(field(*reference, "name")),
                     .uid = {}};
  }
  const bool has_template =
      (referred_ && !pod_template_of(*referred_).is_null()) ||
      std::ranges::any_of(owners_, [](const Json& object) { return !pod_template_of(object).is_null(); });
  if (has_template || itself_) return std::nullopt;
  return pod_;
}

void OwnerWalk::give(Json object) {
  const auto asked = next();
  if (!asked) return;
  // Another one of the same name is not what was meant.
  if (!asked->uid.empty() && kubernetes::uid_of(object) != asked->uid) object = nullptr;
  if (object.is_object()) {
    object["apiVersion"] = asked->api_version;
    object["kind"] = asked->kind;
  }
  if (*asked == pod_) {
    itself_ = std::move(object);
  } else if (asked->uid.empty()) {
    referred_ = std::move(object);
  } else if (object.is_null()) {
    unreadable_ = true;
  } else {
    owners_.push_back(std::move(object));
  }
}

std::optional<Workload> OwnerWalk::workload() const {
  Workload workload;
  const auto highest = std::find_if(owners_.rbegin(), owners_.rend(),
                                    [](const Json& object) { return !pod_template_of(object).is_null(); });
  const Json* top = highest == owners_.rend() ? nullptr : &*highest;
  if (referred_ && !pod_template_of(*referred_).is_null()) {
    top = &owners_.back();
    workload.pod_template = pod_template_of(*referred_);
  } else if (top != nullptr) {
    workload.pod_template = pod_template_of(*top);
  } else if (itself_ && itself_->is_object()) {
    workload.pod_template = bare_pod_template(*itself_);
  } else {
    return std::nullopt;
  }

  // What stands above the template, if anything does.
  auto end = above();
  if (!end && top != nullptr && top != &owners_.back()) end = kubernetes::reference_to(owners_.back());
  workload.open_ended = end.has_value() && (top == nullptr || !kind_of(*top)->lasts);
  if (top == nullptr) {
    workload.name = end ? display_name(*end) : "Pod";
    workload.root = end ? end->uid : pod_.uid;
    workload.made_from = workload.pod_template;
    workload.created = kubernetes::created_at(*itself_).value_or(kubernetes::Time{});
    workload.all_present = true;
    return workload;
  }
  workload.name = workload.open_ended ? display_name(*end) : display_name(kubernetes::reference_to(*top));
  workload.root = workload.open_ended ? end->uid : kubernetes::uid_of(*top);
  workload.created = kubernetes::created_at(owners_.front()).value_or(kubernetes::Time{});
  if (top != &owners_.front()) {
    workload.made_from = pod_template_of(owners_.front());
    workload.all_present = field(workload.made_from, "spec") == field(workload.pod_template, "spec");
  } else if (kind_of(*top)->name == "Job") {
    workload.made_from = workload.pod_template;
    workload.all_present = true;
  }
  note_revision(*top, workload);
  note_rollout(*top, workload);
  return workload;
}

std::string walk_key(const PodView& pod) {
  return pod.owner && can_be_followed(*pod.owner) ? pod.owner->uid : pod.uid;
}

}  // namespace dunlin::manager
