#include "kubernetes/operator/image_reference.h"

namespace dunlin::manager {
namespace {

constexpr std::string_view kDigest = "sha256:";

// Docker's short names stand for docker.io/library/NAME and docker.io/OWNER/NAME.
std::string full_repository(std::string_view repository) {
  const std::size_t slash = repository.find('/');
  const std::string_view first = repository.substr(0, slash);
  const bool has_registry =
      slash != std::string_view::npos && (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  if (!has_registry) {
    const std::string_view prefix = slash == std::string_view::npos ? "docker.io/library/" : "docker.io/";
    return std::string(prefix).append(repository);
  }
  if (first != "docker.io" && first != "index.docker.io") return std::string(repository);
  return full_repository(repository.substr(slash + 1));
}

// "docker-pullable://app@sha256:..."
std::string_view without_scheme(std::string_view image_id) {
  const std::size_t scheme = image_id.find("://");
  return scheme == std::string_view::npos ? image_id : image_id.substr(scheme + 3);
}

}  // namespace

ImageReference parse_image(std::string_view reference) {
  ImageReference image;
  if (const std::size_t at = reference.find('@'); at != std::string_view::npos) {
    image.digest = reference.substr(at + 1);
    reference = reference.substr(0, at);
  }
  const std::size_t slash = reference.rfind('/');
  // A colon before the last slash is a registry's port.
  const std::size_t colon = reference.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) image.tag = reference.substr(colon + 1);
  image.repository = reference.substr(0, colon);
  return image;
}

std::string digest_of_image_id(std::string_view image_id) {
  const std::string_view id = without_scheme(image_id);
  const std::string_view digest = id.substr(id.find('@') + 1);
  return digest.starts_with(kDigest) ? std::string(digest) : std::string{};
}

std::string pinned(std::string_view image, std::string_view image_id) {
  const std::string repository = parse_image(image).repository;
  const ImageReference on_node = parse_image(without_scheme(image_id));
  if (on_node.digest.empty() || full_repository(on_node.repository) != full_repository(repository)) return {};
  return repository + "@" + on_node.digest;
}

}  // namespace dunlin::manager
