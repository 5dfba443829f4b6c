// The init container that holds a pod back until its migrations are done: asks the operator again and again, and
// survives whatever the network does meanwhile.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace dunlin::waiter {

struct WaiterOptions {
  std::string image;
  std::string name_space;
  std::string migrator;
  std::string host;                                  // HOST or HOST:PORT of the operator's ready API
  std::string identity;                              // what is to be migrated; empty: the image
  std::string token;                                 // shows that the injector sent us; a secret
  std::optional<std::chrono::milliseconds> timeout;  // none: for ever, as long as the pod lives
};

// `/waiter IMAGE NAMESPACE NAME HOST`, the words behind the program's name; options may stand behind them. Throws
// Failure (usage).
WaiterOptions parse_waiter_words(std::span<const std::string> words);

// True once the operator says so, or that the Migrator is gone; false when the interrupt came. `say` takes a line
// without its end. Throws Failure (timeout).
bool wait_until_ready(const WaiterOptions&, Clock&, const Interrupt&, const std::function<void(std::string_view)>& say);

}  // namespace dunlin::waiter
