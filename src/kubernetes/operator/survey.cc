#include "kubernetes/operator/survey.h"

#include <algorithm>
#include <map>

#include "dunlin/error.h"
#include "kubernetes/operator/identity.h"
#include "kubernetes/operator/image_reference.h"
#include "kubernetes/operator/rollout.h"
#include "kubernetes/operator/workload_finder.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::text;
using kubernetes::Time;

class Surveyor {
 public:
  Surveyor(const Migrator& migrator, const std::vector<WorkloadPods>& workloads) : migrator_(migrator) {
    for (const WorkloadPods& entry : workloads) add(entry);
  }

  Survey run() {
    bool any_template = false;
    for (const Group& group : groups_) {
      look_at_pods(group);
      any_template |= group.is_template;
      if (group.container != nullptr && !is_outdated(group)) want_template_of(group);
    }
    std::ranges::stable_sort(result_.wanted, std::ranges::greater{}, &Wanted::newest);
    if (!result_.wanted.empty()) {
      result_.problem.clear();
    } else if (!groups_.empty() && !any_template) {
      result_.problem = "no template pods found";
    }
    return std::move(result_);
  }

 private:
  // A workload with those of its pods that count.
  struct Group {
    const Workload* workload = nullptr;
    std::vector<const PodView*> pods;
    bool is_template = false;
    // Of a template that has what a migration is made of.
    const Json* container = nullptr;
    Time newest;
  };

  void add(const WorkloadPods& entry) {
    Group group{.workload = &entry.workload, .newest = entry.workload.created};
    for (const PodView* pod : entry.pods) {
      if (is_about(migrator_, *pod)) group.pods.push_back(pod);
    }
    if (entry.pods.empty()) {
      const auto labels = kubernetes::string_map(field(entry.workload.pod_template, "metadata", "labels"));
      if (!migrator_.selects(labels)) return;
      group.is_template = migrator_.spec.template_selector.matches(labels);
    } else if (group.pods.empty()) {
      return;
    }
    for (const PodView* pod : group.pods) {
      group.is_template |= migrator_.spec.template_selector.matches(pod->labels);
      group.newest = std::max(group.newest, pod->created);
    }
    if (entry.workload.open_ended) {
      Time& newest = newest_of_root_.try_emplace(entry.workload.root, group.newest).first->second;
      newest = std::max(newest, group.newest);
    }
    if (group.is_template) {
      newest_template_ = std::max(newest_template_, group.newest);
      find_container(group);
    }
    groups_.push_back(std::move(group));
  }

  void find_container(Group& group) {
    try {
      group.container = &template_container(group.workload->pod_template, migrator_.spec.container);
    } catch (const Failure& failure) {
      result_.problem = failure.error().message;
    }
  }

  // Its template is no longer the present one, as far as anybody can tell.
  bool is_outdated(const Group& group) const {
    const Workload& workload = *group.workload;
    if (workload.open_ended) return group.newest < newest_of_root_.at(workload.root);
    // A pod without an owner is its own template for ever. One that runs has nothing left to ask for.
    const bool is_bare = workload.name == "Pod";
    return is_bare && group.newest < newest_template_ && std::ranges::all_of(group.pods, &PodView::has_started);
  }

  void look_at_pods(const Group& group) {
    const bool outdated = is_outdated(group);
    for (const PodView* pod : group.pods) {
      const Seen seen = seen_of(*group.workload, *pod);
      if (seen.identity.empty()) continue;
      result_.live.insert(seen.identity);
      if (!outdated && group.workload->is_present(*pod)) {
        result_.present.push_back(seen);
      } else if (is_proven(*pod)) {
        result_.proven.push_back(seen);
      }
      if (migrator_.spec.trigger == Trigger::digest) look_at_digest(group, *pod, seen);
    }
  }

  // It was let through, or ran before anybody could hold it back. One that the webhook has missed proves nothing.
  bool is_proven(const PodView& pod) const {
    const WaiterView* waiter = pod.waiter_for(migrator_.name);
    return pod.has_started() && (pod.created < migrator_.created || (waiter != nullptr && waiter->done));
  }

  Seen seen_of(const Workload& workload, const PodView& pod) const {
    const ContainerView* container = pod.container(migrator_.spec.container);
    if (container == nullptr) return {};
    Seen seen{.identity = {},
              .image = migrator_.spec.image.empty() ? container->image : migrator_.spec.image,
              .workload = workload.name};
    if (const WaiterView* waiter = pod.waiter_for(migrator_.name)) {
      seen.identity = waiter->identity;
    } else if (migrator_.spec.trigger == Trigger::pod_template) {
      seen.identity = template_identity(workload.made_from);
    } else {
      seen.identity = identity_of(migrator_.spec.trigger, {}, Json{{"image", container->image}});
    }
    return seen;
  }

  std::string template_identity(const Json& pod_template) const {
    try {
      return identity_of(migrator_.spec.trigger, field(pod_template, "spec"),
                         template_container(pod_template, migrator_.spec.container));
    } catch (const Failure&) {
      return {};
    }
  }

  // A tag that has moved: the pod runs another image than the one that was migrated to.
  void look_at_digest(const Group& group, const PodView& pod, const Seen& seen) {
    const ContainerView& container = *pod.container(migrator_.spec.container);
    const std::string digest = digest_of_image_id(container.image_id);
    if (digest.empty() || !container.started || !parse_image(container.image).digest.empty()) return;
    result_.live.insert(digest);
    if (pod.created < migrator_.created) {
      result_.proven.push_back({.identity = digest, .image = seen.image, .workload = seen.workload});
    } else if (group.container != nullptr && group.workload->is_present(pod)) {
      want({.order = {.identity = digest,
                      .image = pinned(container.image, container.image_id),
                      .workload = group.workload},
            .image = container.image,
            .workloads = {group.workload->name},
            .newest = pod.created,
            .after = seen.identity});
    }
  }

  void want_template_of(const Group& group) {
    const Json& pod_spec = field(group.workload->pod_template, "spec");
    want({.order = {.identity = identity_of(migrator_.spec.trigger, pod_spec, *group.container),
                    .image = {},
                    .workload = group.workload},
          .image = text(field(*group.container, "image")),
          .workloads = {group.workload->name},
          .newest = group.newest,
          .after = {}});
  }

  void want(Wanted wanted) {
    if (!wanted.order.image.empty()) wanted.image = wanted.order.image;
    if (!migrator_.spec.image.empty()) wanted.image = migrator_.spec.image;
    const auto same = std::ranges::find(result_.wanted, wanted.identity(), &Wanted::identity);
    if (same == result_.wanted.end()) {
      result_.wanted.push_back(std::move(wanted));
      return;
    }
    if (std::ranges::find(same->workloads, wanted.workloads.front()) == same->workloads.end())
      same->workloads.push_back(wanted.workloads.front());
    // The template of the newest one is what the Job is made of.
    if (wanted.newest <= same->newest) return;
    same->newest = wanted.newest;
    same->order = std::move(wanted.order);
    same->image = std::move(wanted.image);
  }

  const Migrator& migrator_;
  std::vector<Group> groups_;
  std::map<std::string, Time> newest_of_root_;
  Time newest_template_;
  Survey result_;
};

}  // namespace

bool Survey::wants(const std::string& identity) const {
  return std::ranges::find(wanted, identity, &Wanted::identity) != wanted.end();
}

Survey survey(const Migrator& migrator, const std::vector<WorkloadPods>& workloads) {
  Survey result = Surveyor(migrator, workloads).run();
  result.undecided = why_undecided(migrator, workloads);
  return result;
}

Survey survey_database(const Migrator& migrator, const DatabaseOrder& order,
                       const std::vector<WorkloadPods>& workloads) {
  const Migrated* current = migrator.status.find_migrated(order.identity);
  Survey result{.wanted = {},
                .present = {},
                .proven = {},
                .live = {},
                .problem = order.problem,
                .undecided = why_undecided(migrator, workloads)};
  for (const WorkloadPods& entry : workloads) {
    for (const PodView* pod : entry.pods) {
      if (!is_about(migrator, *pod)) continue;
      const WaiterView* waiter = pod->waiter_for(migrator.name);
      // One without a waiter may need any version: nothing that is wanted is called as its image is.
      const ContainerView* container = pod->container({});
      const std::string image = container == nullptr ? std::string{} : container->image;
      result.live.insert(waiter == nullptr ? image : waiter->identity);
      // The files have changed since it was made, and nobody makes it anew: what has been migrated to after that is
      // right for it, too. What had been before is not: then its files have been taken back.
      const bool is_overtaken =
          current != nullptr && current->origin == Migrated::Origin::run && current->time > pod->created;
      if (waiter != nullptr && !waiter->done && is_overtaken)
        result.present.push_back({.identity = waiter->identity, .image = waiter->identity, .workload = {}});
    }
  }
  if (!order.problem.empty()) return result;
  result.wanted.push_back({.order = {.identity = order.identity, .image = {}, .workload = &order.workload},
                           .image = order.identity,
                           .workloads = {order.workload.name},
                           .newest = order.workload.created,
                           .after = {}});
  return result;
}

}  // namespace dunlin::manager
