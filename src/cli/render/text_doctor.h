// A diagnosis for people: a line for each thing looked at, and what to type under what is not well.
#pragma once

#include <string>

#include "cli/render/json.h"
#include "cli/render/paint.h"
#include "doctor/examine.h"

namespace dunlin::cli {

// `quiet`: only what is not well.
std::string render_diagnosis(const doctor::Findings&, bool quiet, const Paint&);

Json diagnosis_json(const doctor::Diagnosis&, int exit_code);

}  // namespace dunlin::cli
