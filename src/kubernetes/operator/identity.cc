#include "kubernetes/operator/identity.h"

#include <set>

#include "kubernetes/client/object.h"
#include "kubernetes/operator/image_reference.h"
#include "kubernetes/operator/service_account.h"
#include "kubernetes/operator/sha256.h"

namespace dunlin::manager {
namespace {

using kubernetes::field;
using kubernetes::Json;
using kubernetes::list;
using kubernetes::text;

// Resources, probes and the like are left out: a LimitRange changes them in pods, and a migration is none the wiser.
Json what_it_runs_with(const Json& pod_spec, const Json& container) {
  Json what = Json::object();
  for (const char* name : {"image", "command", "args", "env", "envFrom", "workingDir"}) {
    const Json& value = field(container, name);
    if (!value.is_null()) what[name] = value;
  }
  std::set<std::string> mounted;
  for (const Json& mount : list(field(container, "volumeMounts"))) {
    if (is_service_account_mount(mount)) continue;
    what["volumeMounts"].push_back(mount);
    mounted.insert(text(field(mount, "name")));
  }
  for (const Json& volume : list(field(pod_spec, "volumes"))) {
    if (mounted.contains(text(field(volume, "name")))) what["volumes"].push_back(volume);
  }
  return what;
}

}  // namespace

std::string identity_of(Trigger trigger, const Json& pod_spec, const Json& container) {
  const std::string& image = text(field(container, "image"));
  switch (trigger) {
    case Trigger::image: return image;
    case Trigger::pod_template: return image + "@" + short_sha256(what_it_runs_with(pod_spec, container).dump());
    case Trigger::digest: {
      std::string digest = parse_image(image).digest;
      return digest.empty() ? image : digest;
    }
  }
  return {};
}

}  // namespace dunlin::manager
