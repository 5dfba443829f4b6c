#include "kubernetes/operator/rollout.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "kubernetes/operator/workload_finder.h"

namespace dunlin::manager {
namespace {

struct Root {
  const Workload* workload = nullptr;
  bool is_ready = false;
};

bool is_selected(const Migrator& migrator, const WorkloadPods& entry) {
  if (!entry.pods.empty())
    return std::ranges::any_of(entry.pods, [&](const PodView* pod) { return is_about(migrator, *pod); });
  return migrator.selects(kubernetes::string_map(kubernetes::field(entry.workload.pod_template, "metadata", "labels")));
}

}  // namespace

std::string why_undecided(const Migrator& migrator, const std::vector<WorkloadPods>& workloads) {
  // One Deployment has pods of several ReplicaSets.
  std::map<std::string, Root> roots;
  for (const WorkloadPods& entry : workloads) {
    if (!is_selected(migrator, entry)) continue;
    Root& root = roots.try_emplace(entry.workload.root, Root{.workload = &entry.workload}).first->second;
    root.is_ready |=
        std::ranges::any_of(entry.pods, [&](const PodView* pod) { return is_about(migrator, *pod) && pod->is_ready; });
  }
  for (const auto& [uid, root] : roots) {
    if (root.workload->is_paused) return fmt::format("{} is paused", root.workload->name);
    if (root.workload->wants_pods && !root.is_ready) return fmt::format("no pod of {} is ready", root.workload->name);
  }
  return {};
}

}  // namespace dunlin::manager
