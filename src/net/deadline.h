// Asynchronous work to its end, or given up.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/duration.h"
#include "dunlin/error.h"
#include "dunlin/interrupt.h"

namespace dunlin::net {

// Runs `work` on a context that nothing else runs. What it throws is thrown here, besides Failure (timeout, which names
// `peer`, and interrupted). Work that was given up stands still until the context is run again or destroyed.
template <typename Result>
Result within(boost::asio::io_context& context, boost::asio::awaitable<Result> work,
              std::chrono::steady_clock::time_point deadline, const Interrupt* interrupt, std::string_view peer) {
  struct Ending {
    std::optional<Result> result;
    std::exception_ptr problem;
  };
  const auto ending = std::make_shared<Ending>();
  boost::asio::co_spawn(context, std::move(work), [ending, &context](std::exception_ptr thrown, Result value) {
    ending->problem = std::move(thrown);
    if (!ending->problem) ending->result = std::move(value);
    context.stop();
  });
  std::optional<boost::asio::posix::stream_descriptor> stop_request;
  if (interrupt != nullptr) {
    // The descriptor stays the interrupt's: asio would close its own.
    const int copy = dup(interrupt->descriptor());
    if (copy < 0) throw Failure(ErrorKind::io, "no file descriptor is left");
    stop_request.emplace(context, copy);
    stop_request->async_wait(boost::asio::posix::descriptor_base::wait_read,
                             [&context](const boost::system::error_code& problem) {
                               if (!problem) context.stop();
                             });
  }
  const auto began = std::chrono::steady_clock::now();
  context.restart();
  context.run_until(deadline);
  if (ending->problem) std::rethrow_exception(ending->problem);
  if (ending->result) return std::move(*ending->result);
  if (interrupt != nullptr && interrupt->requested()) {
    throw Failure(ErrorKind::interrupted, fmt::format("interrupted while waiting for {}", peer));
  }
  throw Failure(ErrorKind::timeout,
                fmt::format("{} did not answer within {}", peer, format_duration(deadline - began)));
}

}  // namespace dunlin::net
