// Names of images: [registry[:port]/]path[:tag][@digest].
#pragma once

#include <string>
#include <string_view>

namespace dunlin::manager {

struct ImageReference {
  std::string repository;  // as it was written, with the registry
  std::string tag;
  std::string digest;  // "sha256:..."
};

// Never fails: what is no reference is all repository.
ImageReference parse_image(std::string_view reference);

// The digest in a container status's imageID, whatever its runtime puts before it; empty when it holds none.
std::string digest_of_image_id(std::string_view image_id);

// `image` by the digest that a node has for it, so that the very same one runs elsewhere. Empty when `image_id` names
// no digest of that repository: what it names then need not be there to be pulled.
std::string pinned(std::string_view image, std::string_view image_id);

}  // namespace dunlin::manager
