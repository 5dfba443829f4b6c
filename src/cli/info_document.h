// What `info --json` prints, and /api/v1/migrations answers.
#pragma once

#include <string>

#include "cli/invocation.h"
#include "core/project.h"
#include "core/runner.h"

namespace dunlin::cli {

std::string info_document(const Invocation&, const Project&, const Snapshot&);

}  // namespace dunlin::cli
