#include "history/registry.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/suggest.h"
#include "dunlin/error.h"
#include "history/sqlx.h"

namespace dunlin::history {

const std::vector<const HistoryScheme*>& all() {
  // An explicit table: a static initialiser in a static library would be dropped by the linker.
  static const std::vector<const HistoryScheme*> schemes{&sqlx()};
  return schemes;
}

const HistoryScheme& by_name(std::string_view name) {
  const auto found =
      std::find_if(all().begin(), all().end(), [&](const HistoryScheme* scheme) { return scheme->name() == name; });
  if (found != all().end()) return **found;
  std::vector<std::string_view> names;
  for (const HistoryScheme* scheme : all()) names.push_back(scheme->name());
  const std::string near = did_you_mean(name, names);
  throw Failure(ErrorKind::usage, fmt::format("there is no history scheme \"{}\"", name),
                near.empty() ? fmt::format("known: {}", fmt::join(names, ", ")) : near);
}

}  // namespace dunlin::history
