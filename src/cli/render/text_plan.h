// A plan for people: each statement, the transactions around them, and what is written down about it.
#pragma once

#include <string>
#include <vector>

#include "cli/render/paint.h"
#include "cli/render/subject.h"
#include "dunlin/dialect.h"
#include "dunlin/grants.h"
#include "dunlin/plan.h"

namespace dunlin::cli {

struct PlanView {
  Subject subject;
  std::string history_table;  // as shown
  bool history_exists = true;
  Dialect dialect = Dialect::postgres;
  std::vector<RoleGrant> grants{};
  // What applies it.
  std::string next = "dunlin migrate";
};

// Reads the scripts. Throws Failure (io).
std::string render_plan(const Plan&, const PlanView&, const Paint&);

}  // namespace dunlin::cli
