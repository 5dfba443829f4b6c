// `dunlin-operator manifests`: what deploy/install.yaml holds, for this version and with an image from anywhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dunlin::program {

// The objects of deploy/install.yaml, in its order.
std::span<const std::string_view> embedded_objects();

// Empty: this version's, without a registry.
struct ManifestImages {
  std::string of_operator;  // and of its waiters
  std::string admin;        // of spec.database
};

// One document of YAML for each object.
std::string installation(const ManifestImages&);

// `words` are the command's own: --image, --admin-image. Throws Failure (usage).
ManifestImages read_manifest_images(std::span<const std::string> words);

}  // namespace dunlin::program
