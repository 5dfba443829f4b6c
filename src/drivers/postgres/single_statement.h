// Statements outside of apply(): one by itself, or a few with dunlin's own rows in one transaction.
#pragma once

#include <span>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

// No transaction is opened around it. CONCURRENTLY, FINALIZE and VACUUM run without a lock timeout: it would leave an
// invalid index behind at every try.
StatementResult run_alone(Link&, const SourceStatement&, const Step*, Observer&);

StatementResult run_together(Link&, std::span<const SourceStatement>, std::span<const std::string> record, const Step*,
                             Observer&);

// Sets for the session again what had to be set by statement; nothing behind a transaction pooler.
void restore_settings(Link&);

}  // namespace dunlin::postgres
