// Durations as people write and read them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace dunlin {

// "500ms", "2s", "15min", "1h30m", "1.5s", "1 min 12 s", "0". Units: ms, s (sec), m (min), h, d, each at most once and
// the larger first. Any number but 0 needs one. Throws Failure (usage) that says what is wrong with `text` and shows
// examples.
std::chrono::milliseconds parse_duration(std::string_view text);

// "0.3 ms", "41 ms", "1.2 s", "1 min 12 s", "2 h 5 min", "3 d 4 h".
std::string format_duration(std::chrono::nanoseconds duration);

// A running clock in whole seconds: "0:42", "12:05", "1:02:03".
std::string format_clock(std::chrono::nanoseconds duration);

}  // namespace dunlin
