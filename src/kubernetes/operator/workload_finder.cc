#include "kubernetes/operator/workload_finder.h"

#include <map>
#include <set>

namespace dunlin::manager {

using kubernetes::Json;

namespace {

std::optional<Workload> walk(const PodView& pod, const FetchObject& fetch) {
  OwnerWalk walk(pod);
  while (const auto next = walk.next()) walk.give(fetch(*next));
  return walk.workload();
}

}  // namespace

bool is_about(const Migrator& migrator, const PodView& pod) {
  return pod.is_live() && pod.migration_of.empty() && migrator.selects(pod.labels);
}

std::vector<WorkloadPods> find_workloads(const Migrator& migrator, const std::vector<const PodView*>& pods,
                                         const std::vector<Json>& lasting, const FetchObject& fetch) {
  std::map<std::string, std::vector<const PodView*>> by_key;
  for (const PodView* pod : pods) {
    if (is_about(migrator, *pod)) by_key[walk_key(*pod)].push_back(pod);
  }
  std::vector<WorkloadPods> found;
  std::set<std::string> roots;
  for (auto& [key, of_one] : by_key) {
    auto workload = walk(*of_one.front(), fetch);
    if (!workload) continue;
    roots.insert(workload->root);
    found.push_back({.workload = std::move(*workload), .pods = std::move(of_one)});
  }
  for (const Json& object : lasting) {
    const bool is_controlled = kubernetes::controller_of(object).has_value();
    Json pod_template = pod_template_of(object);
    if (is_controlled || pod_template.is_null() || roots.contains(kubernetes::uid_of(object))) continue;
    if (!migrator.selects(kubernetes::string_map(kubernetes::field(pod_template, "metadata", "labels")))) continue;
    found.push_back({.workload = workload_without_pods(object), .pods = {}});
  }
  return found;
}

}  // namespace dunlin::manager
