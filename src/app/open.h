// The composition root: options in, a Project out. The only place that knows formats, history schemes and drivers all.
#pragma once

#include "core/project.h"
#include "dunlin/migrator.h"
#include "formats/format.h"

namespace dunlin::app {

// Reads and checks the migrations and chooses the driver; does not connect. With an empty URL and no driver the project
// has none, for commands that need no database. Throws Failure (usage, config, source).
Project open(const MigratorOptions&);

// open() in two halves. After the first, which lists the files but reads none, all of the project is there but its
// catalog.
struct Opening {
  Project project;
  const formats::Format* format = nullptr;
  formats::SourceSet sources;
};
Opening begin_opening(const MigratorOptions&);
Project finish_opening(Opening, const MigratorOptions&);

}  // namespace dunlin::app
