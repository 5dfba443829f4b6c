// Decides what a run does. Pure: reads scripts to classify their statements, touches no database.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/catalog.h"
#include "core/history.h"
#include "dunlin/dialect.h"
#include "dunlin/plan.h"
#include "dunlin/run_options.h"
#include "dunlin/status.h"

namespace dunlin {

// A plan that must not be run carries its refusal; usage mistakes (an unknown --to) throw Failure (usage).
Plan plan_up(const Catalog&, const HistoryScheme&, const Status&, Dialect, const RunOptions&);
Plan plan_down(const Catalog&, const HistoryScheme&, const Status&, Dialect, const RunOptions&);

// A statement of a step as `dunlin plan` shows it.
struct PlannedStatement {
  std::string text;
  SourcePosition where;
  std::string command;  // "CREATE INDEX CONCURRENTLY"
  bool in_transaction = true;
  bool journalled = false;  // gets an intent before and a done row after
  bool dropped = false;     // the file's own outer BEGIN or COMMIT
};

// Calls `visit` for each statement of the step, in order, streaming.
void for_each_statement(const Step&, Dialect, const std::function<void(const PlannedStatement&)>& visit);

}  // namespace dunlin
