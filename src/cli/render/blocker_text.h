// Who stands in the way, in a line.
#pragma once

#include <chrono>
#include <string>

#include "dunlin/observer.h"

namespace dunlin::cli {

// `pid 4711 · app_user@worker-7d9f · "nightly-report" · in transaction for 12 min, idle for 3 min`. The query stays
// out.
std::string blocker_text(const Blocker&);

// One unit is enough to judge by: "40 s", "12 min", "5 h", "3 d".
std::string age_text(std::chrono::seconds);

}  // namespace dunlin::cli
