// A pod as a template for others.
#pragma once

#include "kubernetes/client/json.h"

namespace dunlin::manager {

// {metadata, spec} of a pod without what belongs to it alone, or was put into it when it was made: its node, its names
// on the network, its token, what a priority or runtime class stands for. Volumes stay, those of claims too: the
// migration may need them.
kubernetes::Json bare_pod_template(const kubernetes::Json& pod);

}  // namespace dunlin::manager
