// Other services that the application needs, from [checks] in dunlin.toml.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/interrupt.h"

namespace dunlin::server {

struct NamedCheck {
  std::string name;
  std::string url;  // tcp://host:port, http://..., https://...; may hold a secret
};

// "redis=tcp://redis:6379" each. Throws Failure (config) for what is no check, a name that is taken, or one that the
// answer uses itself.
std::vector<NamedCheck> parse_checks(const std::vector<std::string>& settings);

struct CheckAnswer {
  // Why it is down; empty when it is not.
  std::optional<std::string> problem;
  std::chrono::nanoseconds latency{};
};

// http: below 400 is up. Never throws.
CheckAnswer run_check(const NamedCheck&, std::chrono::milliseconds timeout, const Interrupt*) noexcept;

// All at the same time; in the order of `checks`.
std::vector<CheckAnswer> run_checks(const std::vector<NamedCheck>& checks, std::chrono::milliseconds timeout,
                                    const Interrupt*);

}  // namespace dunlin::server
