#include "kubernetes/operator/files_identity.h"

#include <string_view>

#include "kubernetes/operator/sha256.h"

namespace dunlin::manager {
namespace {

void add_netstring(std::string_view bytes, Sha256& to) {
  to.add(std::to_string(bytes.size()));
  to.add(":");
  to.add(bytes);
  to.add(",");
}

}  // namespace

std::string files_identity(const std::map<std::string, std::string>& files) {
  Sha256 digest;
  for (const auto& [name, content] : files) {
    add_netstring(name, digest);
    add_netstring(content, digest);
  }
  return "files-" + digest.short_text();
}

}  // namespace dunlin::manager
