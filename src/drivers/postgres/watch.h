// Who has to hear about it while the server is waited for.
#pragma once

#include <chrono>

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
  // SessionOptions::answer_timeout.
  std::chrono::milliseconds answer_timeout{0};
};

}  // namespace dunlin::postgres
