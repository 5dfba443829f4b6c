#include "core/catalog.h"

#include <algorithm>

namespace dunlin {

const Migration* Catalog::find(const Version& version) const {
  const auto at = std::ranges::lower_bound(migrations, version, {}, &Migration::version);
  return at != migrations.end() && at->version == version ? &*at : nullptr;
}

}  // namespace dunlin
