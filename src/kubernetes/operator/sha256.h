// Digests that tell whether something is still the same.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::manager {

// The first 16 hexadecimal digits of a SHA-256.
std::string short_sha256(std::string_view content);

}  // namespace dunlin::manager
