// Lays the files and the history side by side. Pure.
#pragma once

#include <vector>

#include "core/catalog.h"
#include "core/history.h"
#include "core/journal.h"
#include "core/project.h"
#include "dunlin/status.h"

namespace dunlin {

// `history` in any order. Reads the scripts of applied migrations again only where a checksum differs.
Status make_status(const Catalog&, const HistoryScheme&, std::vector<AppliedMigration> history);

// Adds what the journal knows to the rows. Reads only; a user who may not see the journal goes without.
void note_half_done(Status&, const Project&, const Journal&, Session&);

// What `validate` says: one error for each changed, missing or failed migration, a warning for each file that differs
// in whitespace only, notes for what is ahead. Catalog diagnostics come first.
std::vector<Diagnostic> validate(const Catalog&, const Status&);

}  // namespace dunlin
