// Who has to hear about it while the server is waited for.
#pragma once

#include "dunlin/interrupt.h"
#include "dunlin/observer.h"

namespace dunlin::postgres {

class Monitor;

struct Watch {
  // May be null, each of them.
  const Interrupt* interrupt = nullptr;
  Observer* observer = nullptr;
  Monitor* monitor = nullptr;
  // The step whose answers are being waited for.
  const Step* step = nullptr;
};

}  // namespace dunlin::postgres
