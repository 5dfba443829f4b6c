#include "cli/own_name.h"

#include <string_view>

namespace dunlin::cli {

std::vector<std::string> without_own_name(std::vector<std::string> words) {
  if (words.empty()) return words;
  const std::string_view first = words.front();
  const std::string_view name = first.substr(first.rfind('/') + 1);
  if (name == "dunlin" || name == "upgrade_schema.sh") words.erase(words.begin());
  return words;
}

}  // namespace dunlin::cli
