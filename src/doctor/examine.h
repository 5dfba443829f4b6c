// Looks at a database from every side that a migration, or the application after it, depends on. Writes nothing.
#pragma once

#include "doctor/examination.h"

namespace dunlin::doctor {

struct Diagnosis {
  Findings findings;  // by section
  // Of the first connection that came about.
  std::optional<ServerInfo> server;
};

// Never throws for what it finds; throws Failure (interrupted).
Diagnosis examine(const Patient&, Clock&);

// 0 without a finding of level error; else that of the error that matters most: 6, 7, 5, 2, 8 in this order.
int exit_code_of(const Findings&);

}  // namespace dunlin::doctor
