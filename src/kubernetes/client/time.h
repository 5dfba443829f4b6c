// Points in time as the Kubernetes API writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dunlin::kubernetes {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

// metav1.Time and MicroTime. Empty for what is no time.
std::optional<Time> parse_time(std::string_view text);

// metav1.Time, whole seconds: "2026-01-01T10:02:03Z".
std::string format_time(Time);

// MicroTime, as leases and events have it: "2026-01-01T10:02:03.000000Z". The server refuses any other number of
// digits.
std::string format_micro_time(Time);

}  // namespace dunlin::kubernetes
