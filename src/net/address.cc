#include "net/address.h"

#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::net {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Failure(ErrorKind::usage, fmt::format("\"{}\" is no address to listen on: {}", text, why),
                "write HOST:PORT: 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for every address of this machine");
}

}  // namespace

Address parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text, "there is no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  Address address;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (problem != std::errc{} || end != digits.data() + digits.size()) {
    refuse(text, fmt::format("\"{}\" is no port", digits));
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    refuse(text, "an IPv6 address stands in brackets");
  }
  address.host = host.empty() ? "0.0.0.0" : host;
  return address;
}

std::string to_string(const Address& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(brackets ? "[{}]:{}" : "{}:{}"), address.host, address.port);
}

bool is_loopback(const Address& address) {
  if (address.host == "localhost") return true;
  boost::system::error_code problem;
  const auto parsed = boost::asio::ip::make_address(address.host, problem);
  return !problem && parsed.is_loopback();
}

}  // namespace dunlin::net
