// The operator as a whole: its caches, its controller and its services.
#pragma once

#include "dunlin/interrupt.h"
#include "kubernetes/operator/operator_options.h"

namespace dunlin::manager {

// Until the interrupt, or until the lease is lost: then another replica leads, and this one has to end. Gives the exit
// code. Throws Failure when it cannot even begin.
int run_operator(const OperatorOptions& options, Interrupt& interrupt);

}  // namespace dunlin::manager
