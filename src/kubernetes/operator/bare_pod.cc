#include "kubernetes/operator/bare_pod.h"

#include <set>
#include <string>
#include <vector>

#include "kubernetes/client/object.h"
#include "kubernetes/operator/service_account.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::text;

void erase_if(Json& entries, const auto& unwanted) {
  if (entries.is_array()) std::erase_if(entries.get_ref<Json::array_t&>(), unwanted);
}

void drop_token(Json& spec) {
  std::set<std::string> tokens;
  std::set<std::string> needed;
  for (const char* kind : {"initContainers", "containers"}) {
    if (!spec.contains(kind)) continue;
    for (Json& container : spec[kind]) {
      for (const Json& mount : kubernetes::list(field(container, "volumeMounts")))
        (is_service_account_mount(mount) ? tokens : needed).insert(text(field(mount, "name")));
      if (container.is_object() && container.contains("volumeMounts"))
        erase_if(container["volumeMounts"], is_service_account_mount);
    }
  }
  if (!spec.contains("volumes")) return;
  erase_if(spec["volumes"], [&](const Json& volume) {
    const std::string& name = text(field(volume, "name"));
    return tokens.contains(name) && !needed.contains(name);
  });
}

}  // namespace

Json bare_pod_template(const Json& pod) {
  Json spec = field(pod, "spec");
  if (!spec.is_object()) return {};
  for (const char* own : {"nodeName", "hostname", "subdomain", "serviceAccount", "priority", "preemptionPolicy",
                          "overhead", "ephemeralContainers", "schedulingGates"})
    spec.erase(own);
  drop_token(spec);
  return {{"metadata", {{"labels", field(pod, "metadata", "labels")}}}, {"spec", std::move(spec)}};
}

}  // namespace dunlin::manager
