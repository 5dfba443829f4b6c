#include "net/tcp_probe.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/deadline.h"
#include "net/resolve.h"

namespace dunlin::net {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

asio::awaitable<bool> connected(asio::io_context& context, const std::vector<tcp::endpoint>& endpoints) {
  tcp::socket socket(context);
  co_await asio::async_connect(socket, endpoints, use_awaitable);
  co_return true;
}

}  // namespace

void probe_tcp(const Address& address, std::chrono::milliseconds timeout, const Interrupt* interrupt) {
  const auto began = std::chrono::steady_clock::now();
  asio::io_context context(1);
  try {
    const auto endpoints = resolve(address.host, address.port, timeout, interrupt);
    within(context, connected(context, endpoints), began + timeout, interrupt, to_string(address));
  } catch (const boost::system::system_error& problem) {
    throw Failure(ErrorKind::connect, fmt::format("{}: {}", to_string(address), problem.code().message()));
  }
}

}  // namespace dunlin::net
