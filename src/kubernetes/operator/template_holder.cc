#include "kubernetes/operator/template_holder.h"

#include "kubernetes/operator/workload.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::integer;
using kubernetes::Json;
using kubernetes::list;

namespace {

constexpr const char* kDaemonSetGeneration = "deprecated.daemonset.template.generation";

void copy(const Json& from, Json& to, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const Json& value = field(from, name); !value.is_null()) to[name] = value;
  }
}

Json claim_names(const Json& claims) {
  Json names = Json::array();
  for (const Json& claim : list(claims)) names.push_back({{"metadata", {{"name", kubernetes::name_of(claim)}}}});
  return names;
}

Json kept_of(const Json& object) {
  Json kept = Json::object();
  Json& metadata = kept["metadata"];
  copy(field(object, "metadata"), metadata,
       {"name", "namespace", "uid", "generation", "creationTimestamp", "ownerReferences"});
  if (const std::string& value = kubernetes::annotation(object, kDaemonSetGeneration); !value.empty())
    metadata["annotations"] = {{kDaemonSetGeneration, value}};
  Json& spec = kept["spec"];
  copy(field(object, "spec"), spec, {"template", "workloadRef", "replicas", "paused"});
  const Json& of_cron_job = field(object, "spec", "jobTemplate", "spec", "template");
  if (!of_cron_job.is_null()) spec["jobTemplate"]["spec"]["template"] = of_cron_job;
  const Json& claims = field(object, "spec", "volumeClaimTemplates");
  if (!claims.is_null()) spec["volumeClaimTemplates"] = claim_names(claims);
  copy(field(object, "status"), kept["status"],
       {"observedGeneration", "updateRevision", "currentPodHash", "desiredNumberScheduled"});
  return kept;
}

bool has_no_pods(const Json& replica_set) {
  return integer(field(replica_set, "spec", "replicas"), 1) == 0 &&
         integer(field(replica_set, "status", "replicas")) == 0;
}

}  // namespace

Json TemplateHolder::object() const {
  if (!is_kept()) return {};
  Json object = Json::parse(text, nullptr, false);
  object["apiVersion"] = api_version;
  object["kind"] = kind;
  return object;
}

TemplateHolder read_template_holder(const kubernetes::Resource& resource, const Json& object) {
  TemplateHolder holder{.api_version = kubernetes::api_version_of(resource),
                        .kind = std::string(resource.kind),
                        .uid = kubernetes::uid_of(object)};
  if (resource.kind == "ReplicaSet" && has_no_pods(object)) return holder;
  Json kept = kept_of(object);
  holder.text = kubernetes::line_of(kept);
  kept["apiVersion"] = holder.api_version;
  kept["kind"] = holder.kind;
  holder.pod_labels = kubernetes::string_map(field(pod_template_of(kept), "metadata", "labels"));
  return holder;
}

}  // namespace dunlin::manager
