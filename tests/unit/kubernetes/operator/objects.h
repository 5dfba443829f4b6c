// Objects as the API server has them, for tests.
#pragma once

#include <string>

#include "kubernetes/client/object.h"

namespace dunlin::manager {

using kubernetes::Json;

inline Json object(const char* api_version, const char* kind, const std::string& name) {
  return {{"apiVersion", api_version},
          {"kind", kind},
          {"metadata", {{"name", name}, {"namespace", "default"}, {"uid", std::string(kind) + "-" + name}}}};
}

inline Json pod_template(const std::string& image) {
  return {{"metadata", {{"labels", {{"app", "myapp"}}}}},
          {"spec", {{"containers", Json::array({{{"name", "default"}, {"image", image}}})}}}};
}

inline Json with_template(const char* api_version, const char* kind, const std::string& name,
                          const std::string& image) {
  Json made = object(api_version, kind, name);
  made["spec"]["template"] = pod_template(image);
  return made;
}

inline Json pod(const std::string& name, const std::string& image) {
  Json made = object("v1", "Pod", name);
  made["metadata"]["labels"] = {{"app", "myapp"}};
  made["metadata"]["creationTimestamp"] = "2026-01-01T10:00:00Z";
  made["spec"] = pod_template(image)["spec"];
  made["status"]["phase"] = "Pending";
  return made;
}

// The last containers' processes run.
inline Json started(Json pod) {
  pod["status"]["phase"] = "Running";
  for (const Json& container : pod["spec"]["containers"])
    pod["status"]["containerStatuses"].push_back(
        {{"name", container["name"]}, {"state", {{"running", Json::object()}}}});
  return pod;
}

inline Json owned_by(Json owned, const Json& owner) {
  owned["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", owner["apiVersion"]},
                                                       {"kind", owner["kind"]},
                                                       {"name", owner["metadata"]["name"]},
                                                       {"uid", owner["metadata"]["uid"]},
                                                       {"controller", true}}});
  return owned;
}

inline Json labelled(Json made, const char* key, const char* value) {
  made["metadata"]["labels"][key] = value;
  return made;
}

// With a waiter of the Migrator "testing" that asks for `identity`.
inline Json waiting(Json pod, const std::string& identity) {
  pod["spec"]["initContainers"].push_back({{"name", "migrate-wait-testing"},
                                           {"image", "operator:1"},
                                           {"command", {"/waiter", identity, "default", "testing", "host:5000"}}});
  return pod;
}

}  // namespace dunlin::manager
