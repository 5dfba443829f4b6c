// What /metrics says of the process itself, under the names that every Prometheus client has.
#pragma once

#include "base/exposition.h"

namespace dunlin::manager {

// Read from /proc; what cannot be read is left out.
void write_process_figures(Exposition&);
// The version and the commit.
void write_build_info(Exposition&);

}  // namespace dunlin::manager
