#include "drivers/postgres/apply.h"

#include "drivers/postgres/batch.h"

namespace dunlin::postgres {

ApplyResult apply_units(Link& link, std::span<const Unit> units, TransactionScope scope,
                        const std::optional<RunLock>& lock, Observer& observer) {
  return Batch(link, units, scope, lock, observer).run();
}

}  // namespace dunlin::postgres
