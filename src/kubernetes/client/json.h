// Kubernetes' objects are JSON documents here, not structures: a field that is newer than dunlin survives being copied.
#pragma once

#include <nlohmann/json.hpp>

namespace dunlin::kubernetes {

using Json = nlohmann::json;

}  // namespace dunlin::kubernetes
