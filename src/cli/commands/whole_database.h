// Making and deleting whole databases, for create, drop, reset, init and migrate.
#pragma once

#include "cli/opening.h"

namespace dunlin::cli {

// Throws Failure (usage) for a driver that cannot.
DatabaseAdmin& admin_of(const Database&);

// False when it exists already.
bool create_database(const Invocation&, const Database&);

// Connects to nothing but the database itself. Throws Failure (connect) for whatever else is wrong with it.
bool is_missing(const Invocation&, const Database&);

// As create_database(), but connects only to the database itself where that is there. Throws Failure (connect) for
// whatever else is wrong with it.
bool ensure_database(const Invocation&, const Database&);

// Shows what is about to be lost and asks for the database's name. Throws Failure (usage) when it is not given.
void confirm_drop(const Invocation&, const Database&);

}  // namespace dunlin::cli
