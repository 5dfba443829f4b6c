#include "kubernetes/operator/files_identity.h"

#include <string_view>

#include "kubernetes/operator/sha256.h"

namespace dunlin::manager {
namespace {

void add_netstring(std::string_view bytes, std::string& to) {
  to += std::to_string(bytes.size());
  to += ':';
  to += bytes;
  to += ',';
}

}  // namespace

std::string files_identity(const std::map<std::string, std::string>& files) {
  std::string digested;
  for (const auto& [name, content] : files) {
    add_netstring(name, digested);
    add_netstring(content, digested);
  }
  return "files-" + short_sha256(digested);
}

}  // namespace dunlin::manager
