// The console on a terminal.
#pragma once

#include <functional>

#include "shell/history.h"
#include "shell/interpreter.h"

namespace dunlin::shell {

// Until the person leaves, or `stop` is requested. Errors go to `report`.
void converse(Interpreter&, History&, Interrupt& stop, const std::function<void(const Error&)>& report);

}  // namespace dunlin::shell
