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

std::function<void(const std::string&)> image_into(std::string& target) {
  return [&target](const std::string& value) {
    if (value.empty() || value.find_first_of(" \t\n\"'#{}[]") != std::string::npos)
      throw Failure(ErrorKind::usage, fmt::format("\"{}\" is no image", value));
    target = value;
  };
}

}  // namespace

std::string installation(const std::string& image) {
  std::string text;
  for (const std::string_view object : embedded_objects()) {
    if (!text.empty()) text += "---\n";
    text += object;
  }
  // Where it stands, it ends its line.
  if (!image.empty()) replace_all(text, fmt::format(": dunlin-operator:{}\n", version()), fmt::format(": {}\n", image));
  return text;
}

std::string read_manifest_image(std::span<const std::string> words) {
  std::string image;
  const std::vector<GoFlag> flags{{"image", "", "IMAGE", "of the operator and its waiters", image_into(image)}};
  read_go_flags(words, flags, [](std::string_view) { return std::string(); });
  return image;
}

}  // namespace dunlin::program
