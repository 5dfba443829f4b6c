// What to do about a statement of a migration that the server refused for want of a right.
#pragma once

#include <string>

#include "dunlin/driver.h"

namespace dunlin::postgres {

// Into the hint: for whom the right is lacking, and which where the server says so in words that are known.
void advise_on_right(Error&, const std::string& user, const Step&);

}  // namespace dunlin::postgres
