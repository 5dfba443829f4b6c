// `dunlin info` as a table, and `dunlin migrate-info` as lines for scripts.
#pragma once

#include <string>

#include "cli/render/paint.h"
#include "cli/render/subject.h"
#include "core/catalog.h"
#include "dunlin/status.h"

namespace dunlin::cli {

// The state's name, or the flag that is shown in its place: "changed", "out-of-order".
std::string shown_state(const StatusRow&);

// The name as the file spells it; the history's description where there is no file.
std::string shown_name(const Catalog&, const StatusRow&);

// Times are UTC.
std::string render_info(const Subject&, const std::string& history_table, const Catalog&, const Status&, const Paint&);

// `<version>/<state>: <name>`, one a line; `applied` is spelled `installed`, a pending one ends in ` (NEW)`, a
// repeatable one has `R` for its version.
std::string render_migrate_info(const Catalog&, const Status&);

// What to type next, by the worst that the status holds; empty when all is well.
std::string next_after_status(const Status&);

}  // namespace dunlin::cli
