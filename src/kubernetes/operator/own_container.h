// What all containers of our own have in the pods of others.
#pragma once

#include "kubernetes/client/json.h"

namespace dunlin::manager {

// A container's securityContext under the restricted Pod Security Standard.
inline kubernetes::Json hardened() {
  return {{"allowPrivilegeEscalation", false},
          {"readOnlyRootFilesystem", true},
          {"runAsNonRoot", true},
          {"capabilities", {{"drop", {"ALL"}}}},
          {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

// Its requests and limits, for those that do next to nothing: a quota wants to know, and a pod that has guaranteed
// resources keeps them.
inline kubernetes::Json little(const char* memory) {
  const kubernetes::Json amounts{{"memory", memory}, {"cpu", "20m"}};
  return {{"requests", amounts}, {"limits", amounts}};
}

}  // namespace dunlin::manager
