#include "kubernetes/program/manifests.h"

#include <fmt/format.h>

#include "dunlin/error.h"
#include "dunlin/version.h"
#include "kubernetes/program/go_flags.h"

namespace dunlin::program {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// `ours` is its name at this version, which ends its line wherever it stands.
void replace_image(std::string& text, std::string_view ours, const std::string& image) {
  if (!image.empty()) replace_all(text, fmt::format(": {}:{}\n", ours, version()), fmt::format(": {}\n", image));
}

std::function<void(const std::string&)> image_into(std::string& target) {
  return [&target](const std::string& value) {
    if (value.empty() || value.find_first_of(" \t\n\"'#{}[]") != std::string::npos)
      throw Failure(ErrorKind::usage, fmt::format("\"{}\" is no image", value));
    target = value;
  };
}

}  // namespace

std::string installation(const ManifestImages& images) {
  std::string text;
  for (const std::string_view object : embedded_objects()) {
    if (!text.empty()) text += "---\n";
    text += object;
  }
  replace_image(text, "dunlin-operator", images.of_operator);
  replace_image(text, "dunlin", images.admin);
  return text;
}

ManifestImages read_manifest_images(std::span<const std::string> words) {
  ManifestImages images;
  const std::vector<GoFlag> flags{
      {"image", "", "IMAGE", "of the operator and its waiters", image_into(images.of_operator)},
      {"admin-image", "", "IMAGE", "with dunlin, for spec.database", image_into(images.admin)}};
  read_go_flags(words, flags, [](std::string_view) { return std::string(); });
  return images;
}

}  // namespace dunlin::program
