// HOST:PORT, as services are told where to listen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dunlin::net {

struct Address {
  std::string host;  // a name, or an IP address without brackets
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080" (every address of this machine). Throws Failure (usage).
Address parse_address(std::string_view text);

// With brackets around an IPv6 address.
std::string to_string(const Address&);

// Only this machine can reach it. A name counts when it is "localhost".
bool is_loopback(const Address&);

}  // namespace dunlin::net
