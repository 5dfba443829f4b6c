// Asynchronous work to its end, or given up.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "base/duration.h"
#include "dunlin/error.h"
#include "dunlin/interrupt.h"

namespace dunlin::net {

// Runs `work` on a context that nothing else runs. What it throws is thrown here, besides Failure (timeout, which names
// `peer`, and interrupted). The coroutine's frame lives no longer than the context.
template <typename Result>
Result within(boost::asio::io_context& context, boost::asio::awaitable<Result> work,
              std::chrono::steady_clock::time_point deadline, const Interrupt* interrupt, std::string_view peer) {
  // How soon an interrupt is seen.
  constexpr std::chrono::milliseconds kSlice{50};
  std::optional<Result> result;
  std::exception_ptr problem;
  boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, Result value) {
    problem = std::move(thrown);
    if (!problem) result = std::move(value);
  });
  const auto began = std::chrono::steady_clock::now();
  while (!result && !problem) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      throw Failure(ErrorKind::timeout,
                    fmt::format("{} did not answer within {}", peer, format_duration(deadline - began)));
    }
    if (interrupt != nullptr && interrupt->requested()) {
      throw Failure(ErrorKind::interrupted, fmt::format("interrupted while waiting for {}", peer));
    }
    context.run_for(std::min<std::chrono::steady_clock::duration>(kSlice, deadline - now));
    context.restart();
  }
  if (problem) std::rethrow_exception(problem);
  return std::move(*result);
}

}  // namespace dunlin::net
