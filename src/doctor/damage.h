// An SQLite file that is not whole.
#pragma once

#include <string>

#include "doctor/examination.h"

namespace dunlin::doctor {

// Once, whatever comes upon it.
void add_damage(const Examination&, const std::string& what);

}  // namespace dunlin::doctor
