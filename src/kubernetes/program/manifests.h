// `dunlin-operator manifests`: what deploy/install.yaml holds, for this version and with an image from anywhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dunlin::program {

// The objects of deploy/install.yaml, in its order.
std::span<const std::string_view> embedded_objects();

// One document of YAML for each object. `image`: of the operator and its waiters; empty: this version's, without a
// registry.
std::string installation(const std::string& image);

// `words` are the command's own: --image. Throws Failure (usage).
std::string read_manifest_image(std::span<const std::string> words);

}  // namespace dunlin::program
