#include "kubernetes/operator/job.h"

#include <algorithm>

#include <fmt/format.h>

#include "kubernetes/client/names.h"
#include "kubernetes/operator/job_name.h"
#include "kubernetes/operator/keys.h"
#include "kubernetes/operator/sha256.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::list;
using kubernetes::StringMap;
using kubernetes::text;

// Puts `added` behind `entries`, in place of those that say the same under `key`.
void merge_by(Json& entries, const Json& added, const char* key) {
  if (!entries.is_array()) entries = Json::array();
  for (const Json& entry : list(added)) {
    const auto same = std::ranges::find_if(entries, [&](const Json& old) { return field(old, key) == entry[key]; });
    if (same == entries.end()) {
      entries.push_back(entry);
    } else {
      *same = entry;
    }
  }
}

void drop_host_ports(Json& container) {
  if (!container.is_object() || !container.contains("ports")) return;
  for (Json& port : container["ports"]) {
    if (port.is_object()) port.erase("hostPort");
  }
}

Json migration_container(const Migrator& migrator, const JobOrder& order, const Json& pod_spec) {
  const MigratorSpec& spec = migrator.spec;
  Json container = template_container(order.workload->pod_template, spec.container);
  container["name"] = kMigrationContainer;
  if (!order.image.empty()) container["image"] = order.image;
  if (!spec.image.empty()) container["image"] = spec.image;
  if (order.is_contract) {
    container["command"] = spec.contract_command.value_or(std::vector<std::string>{});
    container.erase("args");
  } else {
    if (spec.command) container["command"] = *spec.command;
    if (spec.args) container["args"] = *spec.args;
  }
  if (!spec.resources.is_null()) container["resources"] = spec.resources;
  if (!spec.env.is_null()) merge_by(container["env"], spec.env, "name");
  if (!spec.volume_mounts.is_null()) merge_by(container["volumeMounts"], spec.volume_mounts, "mountPath");
  for (const char* unwanted : {"readinessProbe", "livenessProbe", "startupProbe", "lifecycle"})
    container.erase(unwanted);
  // On the host's network every port is a host port.
  if (kubernetes::flag(field(pod_spec, "hostNetwork"))) container.erase("ports");
  drop_host_ports(container);
  // "File" is what the API server writes where nobody has said anything; a file that is written to counts either way.
  const std::string& policy = text(field(container, "terminationMessagePolicy"));
  if (spec.log_tail > 0 && (policy.empty() || policy == "File"))
    container["terminationMessagePolicy"] = "FallbackToLogsOnError";
  return container;
}

Json init_containers(const Json& pod_spec) {
  Json kept = Json::array();
  for (const Json& container : list(field(pod_spec, "initContainers"))) {
    if (text(field(container, "name")).starts_with(kWaiterPrefix)) continue;
    kept.push_back(container);
    drop_host_ports(kept.back());
  }
  return kept;
}

Json pod_spec_of(const Migrator& migrator, const JobOrder& order) {
  const MigratorSpec& spec = migrator.spec;
  Json pod = field(order.workload->pod_template, "spec");
  pod["containers"] = Json::array({migration_container(migrator, order, pod)});
  pod["initContainers"] = init_containers(pod);
  if (pod["initContainers"].empty()) pod.erase("initContainers");
  pod["restartPolicy"] = "Never";
  if (!spec.volumes.is_null()) merge_by(pod["volumes"], spec.volumes, "name");
  if (spec.node_selector) pod["nodeSelector"] = *spec.node_selector;
  if (!spec.service_account_name.empty()) {
    pod["serviceAccountName"] = spec.service_account_name;
    // The old name of the same field.
    pod.erase("serviceAccount");
  }
  return pod;
}

bool has_claims(const Json& pod_spec) {
  return std::ranges::any_of(list(field(pod_spec, "volumes")),
                             [](const Json& volume) { return field(volume, "persistentVolumeClaim").is_object(); });
}

Json pod_metadata(const Migrator& migrator) {
  StringMap labels{{std::string(kMigrationsLabel), kubernetes::label_value(migrator.name)}};
  for (const auto& [key, value] : migrator.spec.labels) labels[key] = value;
  StringMap annotations{{std::string(kNoWait), "true"}};
  for (const auto& [key, value] : migrator.spec.annotations) annotations[key] = value;
  annotations[std::string(kMigrator)] = migrator.name;
  return {{"labels", labels}, {"annotations", annotations}};
}

// Of spec.database, the operator's share has a digest of its own behind a dot.
std::string config_of(const Migrator& migrator, const Json& spec) {
  std::string whole = short_sha256(spec.dump());
  if (!migrator.spec.database) return whole;
  Json without = spec;
  Json& pod_spec = without["template"]["spec"];
  pod_spec.erase("initContainers");
  pod_spec.erase("securityContext");
  if (migrator.spec.image.empty()) pod_spec["containers"][0].erase("image");
  return fmt::format("{}.{}", short_sha256(without.dump()), whole);
}

}  // namespace

Json build_job(const Migrator& migrator, const JobOrder& order) {
  Json pod_spec = pod_spec_of(migrator, order);
  Json annotations{{kMigrator, migrator.name}, {kIdentity, order.identity}, {kWorkload, order.workload->name}};
  if (order.is_contract) annotations[std::string(kPhase)] = kContractPhase;
  if (has_claims(pod_spec))
    annotations[std::string(kNote)] =
        "Its pods mount claims of the workload's: one that only one node may mount has to be on the same node.";

  Json spec{{"template", {{"metadata", pod_metadata(migrator)}, {"spec", std::move(pod_spec)}}}};
  if (migrator.spec.backoff_limit) spec["backoffLimit"] = *migrator.spec.backoff_limit;
  if (migrator.spec.active_deadline_seconds) spec["activeDeadlineSeconds"] = *migrator.spec.active_deadline_seconds;
  annotations[std::string(kConfig)] = config_of(migrator, spec);

  return {{"apiVersion", "batch/v1"},
          {"kind", "Job"},
          {"metadata",
           {{"name", order.is_contract ? contract_job_name(migrator.name) : job_name(migrator.name)},
            {"namespace", migrator.namespace_name},
            {"labels", migrator.labels},
            {"annotations", std::move(annotations)},
            {"ownerReferences", Json::array({{{"apiVersion", kApiVersion},
                                              {"kind", kKind},
                                              {"name", migrator.name},
                                              {"uid", migrator.uid},
                                              {"controller", true},
                                              {"blockOwnerDeletion", true}}})}}},
          {"spec", std::move(spec)}};
}

const std::string& job_image(const Json& job) {
  const Json& containers = list(field(job, "spec", "template", "spec", "containers"));
  return text(field(containers.empty() ? containers : containers.front(), "image"));
}

const std::string& job_config(const Json& job) {
  return kubernetes::annotation(job, kConfig);
}

std::string_view authors_config(std::string_view config) {
  return config.substr(0, config.find('.'));
}

}  // namespace dunlin::manager
