#include "net/resolve.h"

#include <algorithm>
#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "base/duration.h"
#include "dunlin/error.h"

namespace dunlin::net {
namespace {

using boost::asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

// How soon an interrupt is seen.
constexpr std::chrono::milliseconds kSlice{50};

Endpoints look_up(const std::string& host, std::uint16_t port) {
  boost::asio::io_context context;
  Endpoints endpoints;
  for (const auto& found : tcp::resolver(context).resolve(host, std::to_string(port))) {
    endpoints.push_back(found.endpoint());
  }
  return endpoints;
}

}  // namespace

Endpoints resolve(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                  const Interrupt* interrupt) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  if (!no_address) return {tcp::endpoint(address, port)};

  std::packaged_task<Endpoints()> task([host, port] { return look_up(host, port); });
  auto found = task.get_future();
  std::thread(std::move(task)).detach();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (found.wait_until(std::min(deadline, std::chrono::steady_clock::now() + kSlice)) != std::future_status::ready) {
    if (interrupt != nullptr && interrupt->requested()) {
      throw Failure(ErrorKind::interrupted, fmt::format("interrupted while looking up {}", host));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Failure(ErrorKind::timeout, fmt::format("{} was not found within {}", host, format_duration(timeout)));
    }
  }
  return found.get();
}

}  // namespace dunlin::net
