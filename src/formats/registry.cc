#include <algorithm>

#include <fmt/format.h>

#include "base/suggest.h"
#include "dunlin/error.h"
#include "formats/format.h"
#include "formats/sqlx.h"

namespace dunlin::formats {

const std::vector<Format>& all() {
  // An explicit table: a static initialiser in a static library would be dropped by the linker.
  static const std::vector<Format> formats{sqlx_format()};
  return formats;
}

const Format& by_name(std::string_view name) {
  const auto found =
      std::find_if(all().begin(), all().end(), [&](const Format& format) { return format.name == name; });
  if (found != all().end()) return *found;
  std::vector<std::string_view> names;
  for (const Format& format : all()) names.push_back(format.name);
  const std::string near = did_you_mean(name, names);
  throw Failure(ErrorKind::usage, fmt::format("there is no format \"{}\"", name),
                near.empty() ? fmt::format("known: {}", fmt::join(names, ", ")) : near);
}

const Format& detect(const SourceSet& set) {
  const auto found =
      std::find_if(all().begin(), all().end(), [&](const Format& format) { return format.recognises(set); });
  return found != all().end() ? *found : by_name("sqlx");
}

}  // namespace dunlin::formats
