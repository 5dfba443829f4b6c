// What made a pod, and what it would make now.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/object.h"
#include "kubernetes/operator/pod_view.h"

namespace dunlin::manager {

// Where a pod's owners lead to: the highest of them whose kind has a pod template that we know. Pods of one direct
// owner have one workload.
struct Workload {
  // "Deployment/web"; for a pod without an owner "Pod".
  std::string name;
  // The uid at which the way up ends. Workloads of different ReplicaSets of one Deployment have one root.
  std::string root;
  // The way up ended at an owner that we do not know or may not read. Of the workloads of such a root only the newest
  // counts, as far as anybody can tell.
  bool open_ended = false;
  // The present template, and the one that the pods' direct owner has: {metadata, spec}. A pod that is its own template
  // is stripped of what belongs to it alone.
  kubernetes::Json pod_template;
  kubernetes::Json made_from;
  // When the direct owner was made.
  kubernetes::Time created;
  // Its object says that its rollout stands still, and that there should be pods of it (CronJobs and Jobs do not).
  bool is_paused = false;
  bool wants_pods = false;

  // The pod was made from the present template: no doubt about it.
  bool is_present(const PodView&) const;

  // How that is known: all pods of the direct owner are, or those with this label. Else there is no telling.
  bool all_present = false;
  std::string revision_label;
  std::string revision;
};

// The container of the template that a migration is made of: by name, else the first. Throws Failure (config) when
// there is none.
const kubernetes::Json& template_container(const kubernetes::Json& pod_template, std::string_view name);

// The pod template of an object, null when its kind has none that we know.
kubernetes::Json pod_template_of(const kubernetes::Json& object);

// Of an object whose kind has a pod template, and that has no pods at present.
Workload workload_without_pods(const kubernetes::Json& object);

// Goes from a pod to its workload, one object at a time:
//
//   OwnerWalk walk(pod);
//   while (const auto next = walk.next()) walk.give(fetch(*next));
//   ... walk.workload()
class OwnerWalk {
 public:
  explicit OwnerWalk(const PodView& pod);

  // What is to be fetched; empty at the end. The last can be the pod itself.
  std::optional<kubernetes::Reference> next() const;
  // next(), or null when it is not there or may not be read.
  void give(kubernetes::Json object);
  // At the end. Empty when the pod is gone.
  std::optional<Workload> workload() const;

 private:
  std::optional<kubernetes::Reference> above() const;
  const kubernetes::Json* template_reference() const;

  kubernetes::Reference pod_;
  std::optional<kubernetes::Reference> pod_owner_;
  // From the bottom to the top.
  std::vector<kubernetes::Json> owners_;
  // What `workloadRef` of the highest one leads to.
  std::optional<kubernetes::Json> referred_;
  std::optional<kubernetes::Json> itself_;
  bool unreadable_ = false;
};

// Pods with the same key have the same workload: one walk is enough.
std::string walk_key(const PodView&);

}  // namespace dunlin::manager
