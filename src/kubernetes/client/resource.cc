#include "kubernetes/client/resource.h"

#include <fmt/format.h>

namespace dunlin::kubernetes {

std::string api_version_of(const Resource& resource) {
  return resource.group.empty() ? std::string(resource.version)
                                : fmt::format("{}/{}", resource.group, resource.version);
}

std::string path_of(const Resource& resource, std::string_view name_space, std::string_view name,
                    std::string_view subresource) {
  std::string path = (resource.group.empty() ? "/api/" : "/apis/") + api_version_of(resource);
  if (resource.namespaced && !name_space.empty()) path += fmt::format("/namespaces/{}", query_text(name_space));
  path += fmt::format("/{}", resource.plural);
  if (!name.empty()) path += fmt::format("/{}", query_text(name));
  if (!subresource.empty()) path += fmt::format("/{}", subresource);
  return path;
}

std::string query_text(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace dunlin::kubernetes
