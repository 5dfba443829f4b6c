// The service's schema: brought up to date at start, and looked at while it runs.
#pragma once

#include <chrono>
#include <string>

#include <dunlin/interrupt.h>
#include <dunlin/migrator.h>

namespace notes {

// The migrations that are compiled into this program, on the database at `url`. A request of `interrupt`, which
// outlives the migrator, ends a run: what is under way is rolled back.
dunlin::Migrator open_schema(const std::string& url, const dunlin::Interrupt& interrupt);

// Applies what is pending and says so on standard error. However many instances start at once, each migration is
// applied by one of them, and the others wait for it. A user who may not migrate waits this long for somebody
// who may. False when the schema is not what this program needs: do not
// serve.
bool migrate(dunlin::Migrator& schema, std::chrono::seconds wait);

}  // namespace notes
