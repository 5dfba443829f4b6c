// `dunlin-operator manifests`: what deploy/install.yaml holds, for this version and with images from anywhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dunlin::program {

struct ManifestImages {
  // Of the operator and its waiters, and what runs spec.database. Empty: this version's, without a registry.
  std::string operator_image;
  std::string admin_image;
};

// The objects of deploy/install.yaml, in its order.
std::span<const std::string_view> embedded_objects();

// One document of YAML for each object.
std::string installation(const ManifestImages&);

// `words` are the command's own: --image, --admin-image. Throws Failure (usage).
ManifestImages read_manifest_images(std::span<const std::string> words);

}  // namespace dunlin::program
