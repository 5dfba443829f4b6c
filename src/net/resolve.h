// A host's addresses, within a time: the system's own lookup cannot be given up, and Asio waits for its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "dunlin/interrupt.h"

namespace dunlin::net {

// A lookup that takes longer goes on behind us, and nobody hears of it. Throws Failure (connect, timeout, interrupted).
std::vector<boost::asio::ip::tcp::endpoint> resolve(const std::string& host, std::uint16_t port,
                                                    std::chrono::milliseconds timeout, const Interrupt*);

}  // namespace dunlin::net
