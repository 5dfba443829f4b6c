#include "net/tcp_probe.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/deadline.h"

namespace dunlin::net {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

asio::awaitable<bool> connected(asio::io_context& context, const Address& address) {
  tcp::resolver resolver(context);
  const auto endpoints = co_await resolver.async_resolve(address.host, std::to_string(address.port), use_awaitable);
  tcp::socket socket(context);
  co_await asio::async_connect(socket, endpoints, use_awaitable);
  co_return true;
}

}  // namespace

void probe_tcp(const Address& address, std::chrono::milliseconds timeout, const Interrupt* interrupt) {
  asio::io_context context(1);
  try {
    within(context, connected(context, address), timeout, interrupt, to_string(address));
  } catch (const boost::system::system_error& problem) {
    throw Failure(ErrorKind::connect, fmt::format("{}: {}", to_string(address), problem.code().message()));
  }
}

}  // namespace dunlin::net
