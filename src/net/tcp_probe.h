// Whether something takes TCP connections at an address.
#pragma once

#include <chrono>
#include <string>

#include "dunlin/interrupt.h"
#include "net/address.h"

namespace dunlin::net {

// Connects and closes. Throws Failure (connect, timeout, interrupted).
void probe_tcp(const Address&, std::chrono::milliseconds timeout, const Interrupt*);

}  // namespace dunlin::net
