// Making and deleting whole databases, for create, drop, reset and init.
#pragma once

#include "cli/opening.h"

namespace dunlin::cli {

// Throws Failure (usage) for a driver that cannot.
DatabaseAdmin& admin_of(const Database&);

// False when it exists already.
bool create_database(const Invocation&, const Database&);

// Shows what is about to be lost and asks for the database's name. Throws Failure (usage) when it is not given.
void confirm_drop(const Invocation&, const Database&);

}  // namespace dunlin::cli
