// Text edited in a program of the person's own.
#pragma once

#include <string>

namespace dunlin::shell {

// Runs $VISUAL, $EDITOR or vi on a file of its own that nobody else can read. Throws Failure (io, usage).
std::string edit_outside(const std::string& text);

}  // namespace dunlin::shell
