// The composition root: options in, a Project out. The only place that knows formats, history schemes and drivers all.
#pragma once

#include "core/project.h"
#include "dunlin/migrator.h"

namespace dunlin::app {

// Reads and checks the migrations and chooses the driver; does not connect. With an empty URL and no driver the project
// has none, for commands that need no database. Throws Failure (usage, config, source).
Project open(const MigratorOptions&);

}  // namespace dunlin::app
