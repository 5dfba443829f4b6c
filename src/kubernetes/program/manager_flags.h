// The flags and variables of `dunlin-operator manager`.
#pragma once

#include <vector>

#include "kubernetes/operator/operator_options.h"
#include "kubernetes/program/go_flags.h"

namespace dunlin::program {

// Write into `options`, which has to outlive them.
std::vector<GoFlag> manager_flags(manager::OperatorOptions& options);

// Also what stands in no flag: who and where we are. Throws Failure (usage).
manager::OperatorOptions read_manager_options(std::span<const std::string> words, const FindVariable& variable);

}  // namespace dunlin::program
