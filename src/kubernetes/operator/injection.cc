#include "kubernetes/operator/injection.h"

#include <algorithm>

#include <fmt/format.h>

#include "kubernetes/operator/job_name.h"
#include "kubernetes/operator/keys.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::list;
using kubernetes::text;

// A kubelet shows a pod of its own, which it has started already.
constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

AdmissionAnswer allowed(std::string reason) {
  return {.reason = std::move(reason)};
}

std::vector<const Migrator*> selecting(const Json& pod, const std::vector<const Migrator*>& migrators) {
  const auto labels = kubernetes::string_map(field(pod, "metadata", "labels"));
  std::vector<const Migrator*> found;
  for (const Migrator* migrator : migrators) {
    // A migration that waited for itself would wait for ever.
    const bool is_its_own = kubernetes::annotation(pod, kMigrator) == migrator->name;
    if (migrator->selects(labels) && !migrator->being_deleted && !is_its_own) found.push_back(migrator);
  }
  std::ranges::sort(found, {}, &Migrator::name);
  return found;
}

// Why this one is let through whatever Migrators there are; empty when it is not.
std::string exemption(const AdmissionRequest& request) {
  const Json& pod = request.object;
  if (request.operation != "CREATE" || !pod.is_object()) return "only new pods are held back";
  if (!kubernetes::annotation(pod, kMirror).empty()) return "it runs already";
  if (kubernetes::annotation(pod, kNoWait) == "true") return "skipping migration wait due to annotation";
  return {};
}

bool has_container(const Json& containers, const std::string& name) {
  return std::ranges::any_of(containers, [&](const Json& container) { return text(field(container, "name")) == name; });
}

std::size_t leading_sidecars(const Json& containers) {
  const auto end = std::ranges::find_if(
      containers, [](const Json& container) { return text(field(container, "restartPolicy")) != "Always"; });
  return static_cast<std::size_t>(std::distance(containers.begin(), end));
}

}  // namespace

AdmissionAnswer inject(const AdmissionRequest& request, const std::vector<const Migrator*>& migrators,
                       const WaiterOptions& options) {
  const Json& pod = request.object;
  if (std::string reason = exemption(request); !reason.empty()) return allowed(std::move(reason));

  const std::vector<const Migrator*> waited_for = selecting(pod, migrators);
  if (waited_for.empty()) {
    if (!requires_migrator(request)) return allowed("no migrators");
    return {.allowed = false, .code = 500, .message = "no migrators found matching pod"};
  }

  const Json& containers = list(field(pod, "spec", "initContainers"));
  std::size_t place = leading_sidecars(containers);
  Json patch = Json::array();
  if (containers.empty()) patch.push_back({{"op", "add"}, {"path", "/spec/initContainers"}, {"value", Json::array()}});
  const std::size_t preparations = patch.size();
  for (const Migrator* migrator : waited_for) {
    if (has_container(containers, waiter_name(migrator->name))) continue;
    patch.push_back({{"op", "add"},
                     {"path", fmt::format("/spec/initContainers/{}", place++)},
                     {"value", waiter_container(*migrator, field(pod, "spec"), options)}});
  }
  if (patch.size() == preparations) return allowed("it has its init containers");
  AdmissionAnswer answer = allowed("injecting init containers");
  answer.patch = std::move(patch);
  return answer;
}

bool selected_by_none(const AdmissionRequest& request, const std::vector<const Migrator*>& migrators) {
  return exemption(request).empty() && selecting(request.object, migrators).empty();
}

bool waits_for_database(const AdmissionRequest& request, const std::vector<const Migrator*>& migrators) {
  return exemption(request).empty() &&
         std::ranges::any_of(selecting(request.object, migrators),
                             [](const Migrator* migrator) { return migrator->spec.database.has_value(); });
}

bool requires_migrator(const AdmissionRequest& request) {
  return kubernetes::annotation(request.object, kRequired) == "true";
}

}  // namespace dunlin::manager
