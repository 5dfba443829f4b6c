// Kubernetes' objects are JSON documents here, not structures: a field that is newer than dunlin survives being copied.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace dunlin::kubernetes {

using Json = nlohmann::json;

// On one line; what is no UTF-8, as a program's output may be, is replaced.
inline std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dunlin::kubernetes
