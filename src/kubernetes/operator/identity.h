// What tells one migration from the next.
#pragma once

#include <string>

#include "kubernetes/client/json.h"
#include "kubernetes/operator/migrator_spec.h"

namespace dunlin::manager {

// Of a container in a pod's spec: that of a template, or of a pod that was made of it. Both have the same identity,
// with what the API server and admission put into pods left out.
//
//   image         its image
//   pod_template  its image, "@", and a digest of what it is run with: command, environment, and the volumes it mounts
//   digest        the "sha256:..." of its image; its image where that has none, and the digest is known once it ran
std::string identity_of(Trigger, const kubernetes::Json& pod_spec, const kubernetes::Json& container);

}  // namespace dunlin::manager
