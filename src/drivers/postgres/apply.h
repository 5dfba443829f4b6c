// Runs migrations as transactions, pipelined: one Sync for a whole batch, so that after an error nothing later runs.
//
// The transaction of one: BEGIN; SET LOCAL prelude; the file's statements; the guard, which raises if the transaction
// or the run lock is not ours any more; RESET SESSION AUTHORIZATION, ROLE and ALL; the history row; COMMIT; a Flush
// request. Nothing stands between a COMMIT and the next BEGIN: it would belong to the next transaction.
#pragma once

#include <optional>
#include <span>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

// The session can be used again afterwards, unless the outcome is `lost`.
ApplyResult apply_units(Link&, std::span<const Unit>, TransactionScope, const std::optional<RunLock>&, Observer&);

}  // namespace dunlin::postgres
