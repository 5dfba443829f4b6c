#include "kubernetes/operator/pod_view.h"

#include <algorithm>

#include "kubernetes/operator/job_name.h"
#include "kubernetes/operator/keys.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::list;
using kubernetes::text;

PodPhase phase_of(const std::string& word) {
  if (word == "Pending") return PodPhase::pending;
  if (word == "Running") return PodPhase::running;
  if (word == "Succeeded") return PodPhase::succeeded;
  return word == "Failed" ? PodPhase::failed : PodPhase::unknown;
}

const Json& named(const Json& entries, const std::string& name) {
  static const Json none;
  for (const Json& entry : list(entries)) {
    if (text(field(entry, "name")) == name) return entry;
  }
  return none;
}

ContainerView read_container(const Json& container, const Json& statuses, bool with_message) {
  ContainerView view{.name = text(field(container, "name")), .image = text(field(container, "image"))};
  const Json& status = named(statuses, view.name);
  const Json& state = field(status, "state");
  view.image_id = text(field(status, "imageID"));
  view.waiting = text(field(state, "waiting", "reason"));
  if (with_message) view.waiting_for = text(field(state, "waiting", "message"));

  const Json& now_ended = field(state, "terminated");
  const Json& ended = now_ended.is_object() ? now_ended : field(status, "lastState", "terminated");
  if (ended.is_object()) {
    view.exit_code = static_cast<int>(kubernetes::integer(field(ended, "exitCode")));
    const std::string& reason = text(field(ended, "reason"));
    if (reason != "Error" && reason != "Completed") view.ended_because = reason;
    if (with_message) view.message = text(field(ended, "message"));
  }
  view.runs = field(state, "running").is_object();
  view.started = view.runs || ended.is_object();
  return view;
}

// ["/waiter", image, namespace, migrator, host, options...]
std::optional<WaiterView> read_waiter(const Json& container, const ContainerView& view) {
  const Json& command = list(field(container, "command"));
  if (!view.name.starts_with(kWaiterPrefix) || command.size() < 5) return std::nullopt;
  WaiterView waiter{
      .migrator = text(command[3]), .identity = text(command[1]), .done = view.exit_code && *view.exit_code == 0};
  for (std::size_t k = 5; k < command.size(); ++k) {
    const std::string& option = text(command[k]);
    if (option.starts_with(kIdentityOption)) waiter.identity = option.substr(kIdentityOption.size());
  }
  return waiter;
}

// migrations-operator's Jobs have the label only, which spec.labels of another Migrator may give to any pod.
std::string migration_of(const Json& pod, const std::optional<kubernetes::Reference>& owner) {
  const std::string& marked = kubernetes::annotation(pod, kMigrator);
  if (!marked.empty()) return marked;
  const std::string& labelled = kubernetes::label(pod, kMigrationsLabel);
  const bool by_its_job = owner && owner->kind == "Job" && owner->name == job_name(labelled);
  return by_its_job ? labelled : std::string{};
}

}  // namespace

bool PodView::is_live() const {
  return !being_deleted && phase != PodPhase::succeeded && phase != PodPhase::failed;
}

bool PodView::may_run() const {
  if (phase != PodPhase::succeeded && phase != PodPhase::failed) return true;
  // Others than its node may have said that it failed.
  return being_deleted && (std::ranges::any_of(containers, &ContainerView::runs) ||
                           std::ranges::any_of(init_containers, &ContainerView::runs));
}

bool PodView::has_started() const {
  return std::ranges::any_of(containers, &ContainerView::started);
}

const ContainerView* PodView::container(std::string_view container_name) const {
  if (containers.empty()) return nullptr;
  const auto found = std::ranges::find(containers, container_name, &ContainerView::name);
  return found == containers.end() ? &containers.front() : &*found;
}

const WaiterView* PodView::waiter_for(std::string_view migrator) const {
  const auto found = std::ranges::find(waiters, migrator, &WaiterView::migrator);
  return found == waiters.end() ? nullptr : &*found;
}

PodView read_pod(const Json& pod) {
  PodView view{.namespace_name = kubernetes::namespace_of(pod),
               .name = kubernetes::name_of(pod),
               .uid = kubernetes::uid_of(pod),
               .labels = kubernetes::string_map(field(pod, "metadata", "labels")),
               .owner = kubernetes::controller_of(pod),
               .created = kubernetes::created_at(pod).value_or(kubernetes::Time{}),
               .phase = phase_of(text(field(pod, "status", "phase"))),
               .reason = text(field(pod, "status", "reason")),
               .being_deleted = kubernetes::is_being_deleted(pod),
               .is_ready = kubernetes::is_true(kubernetes::condition(pod, "Ready")),
               .node = text(field(pod, "spec", "nodeName"))};
  view.end_due = kubernetes::parse_time(text(field(pod, "metadata", "deletionTimestamp")));
  view.taken = kubernetes::parse_time(text(field(pod, "status", "startTime"))).value_or(view.created);
  view.migration_of = migration_of(pod, view.owner);

  const bool with_message = !view.migration_of.empty();
  const Json& placed = kubernetes::condition(pod, "PodScheduled");
  if (with_message && !kubernetes::is_true(placed)) view.unplaced = text(field(placed, "message"));
  const Json& statuses = field(pod, "status", "containerStatuses");
  for (const Json& container : list(field(pod, "spec", "containers")))
    view.containers.push_back(read_container(container, statuses, with_message));
  const Json& init_statuses = field(pod, "status", "initContainerStatuses");
  for (const Json& container : list(field(pod, "spec", "initContainers"))) {
    view.init_containers.push_back(read_container(container, init_statuses, with_message));
    if (auto waiter = read_waiter(container, view.init_containers.back())) view.waiters.push_back(std::move(*waiter));
  }
  return view;
}

}  // namespace dunlin::manager
