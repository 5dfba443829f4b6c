// The history-table schemes, one row each.
#pragma once

#include <string_view>
#include <vector>

#include "core/history.h"

namespace dunlin::history {

const std::vector<const HistoryScheme*>& all();
// Throws Failure (usage) with the nearest name.
const HistoryScheme& by_name(std::string_view name);

}  // namespace dunlin::history
