#include "kubernetes/operator/lingering.h"

#include <algorithm>

#include <fmt/format.h>

#include "kubernetes/operator/job_outcome.h"

namespace dunlin::manager {
namespace {

using kubernetes::Time;

bool is_overdue(const PodView& pod, Time now) {
  return pod.may_run() && pod.end_due && now - *pod.end_due >= kPatience;
}

std::string place_of(const PodView& pod) {
  return pod.node.empty() ? fmt::format("pod {}", pod.name) : fmt::format("pod {} on node {}", pod.name, pod.node);
}

}  // namespace

std::vector<const PodView*> lingering(const std::vector<OwnedJob>& jobs, const std::vector<const PodView*>& pods) {
  std::vector<const PodView*> found;
  std::ranges::copy_if(pods, std::back_inserter(found), [&](const PodView* pod) {
    const bool has_job = std::ranges::any_of(jobs, [&](const OwnedJob& job) {
      return pod->owner && pod->owner->uid == kubernetes::uid_of(*job.object) && !has_ended(*job.object);
    });
    return pod->may_run() && !has_job;
  });
  return found;
}

std::string still_running(const std::vector<const PodView*>& pods, Time now) {
  if (std::string late = overdue(pods, now); !late.empty()) return late;
  const auto found = std::ranges::find_if(pods, &PodView::may_run);
  if (found == pods.end()) return {};
  return fmt::format("{} {}", place_of(**found), (*found)->being_deleted ? "is ending" : "still runs");
}

std::string overdue(const std::vector<const PodView*>& pods, Time now) {
  const auto found = std::ranges::find_if(pods, [now](const PodView* pod) { return is_overdue(*pod, now); });
  if (found == pods.end()) return {};
  const PodView& pod = **found;
  return fmt::format(
      "{} should have ended at {}, and may still write. If its node is gone for good: "
      "kubectl delete pod --namespace {} {} --grace-period=0 --force",
      place_of(pod), kubernetes::format_time(*pod.end_due), pod.namespace_name, pod.name);
}

}  // namespace dunlin::manager
