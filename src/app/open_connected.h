// Opening a project for a command that is going to connect.
#pragma once

#include "core/project.h"
#include "dunlin/migrator.h"

namespace dunlin::app {

// As open(), which see, and connects and reads the history while the files are read: the first Project::connect()
// returns that session, or throws what opening it has thrown. `read_only` as that first connect() will have it. Two
// threads, both at an end when it returns; the interrupt and on_notice are used by the caller's alone.
Project open_connected(const MigratorOptions&, bool read_only);

}  // namespace dunlin::app
