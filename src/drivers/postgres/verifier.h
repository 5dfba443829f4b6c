// Finds out what became of a statement that could not share a transaction with its journal row. Reads catalogues only;
// where somebody may still be at work on the table it polls, because waiting for a lock would make the server end that
// other session's index build as the victim of a deadlock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

// Before it runs: the objects it acts on, by oid, because names may mean something else after a crash.
std::string remember_before(Link&, std::string_view statement);
Verdict find_verdict(Link&, std::string_view statement, const std::string& remembered);
// Whether that would come to one. Does not wait.
bool verdict_is_known(Link&, std::string_view statement, const std::string& remembered);

// CREATE INDEX CONCURRENTLY IF NOT EXISTS also succeeds when all there is is an invalid index.
std::optional<Error> hollow_success(Link&, const SourceStatement&);

// The second half of a DETACH PARTITION .. CONCURRENTLY whose first half is done; empty when it is not that.
std::string finalize_sql(Link&, std::string_view statement);

}  // namespace dunlin::postgres
