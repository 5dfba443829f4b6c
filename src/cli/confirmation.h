// Asking before something is destroyed.
#pragma once

#include <string_view>

#include "cli/invocation.h"

namespace dunlin::cli {

// Shows `consequences` and asks `question` ("Revert it?"); returns when the answer is yes, or --yes was given. Throws
// Failure (usage) for any other answer, and where there is no terminal to ask on.
void confirm(const Invocation&, std::string_view consequences, std::string_view question);

// The same for what cannot be undone at all: the answer has to be `name`.
void confirm_by_name(const Invocation&, std::string_view consequences, std::string_view name);

}  // namespace dunlin::cli
