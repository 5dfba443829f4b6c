// Points in time as text. Always UTC; the type is WallTime of dunlin/status.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dunlin {

// RFC 3339 and what SQL servers print: "2026-01-01T10:02:03Z", "2026-01-01 10:02:03.123456+00", "2026-01-01 10:02:03"
// (UTC), offsets "+05:30", "+0530", "-03". Fractions beyond microseconds are cut. Empty for everything else
// ("infinity", BC, a day that is not in the calendar).
std::optional<std::chrono::sys_time<std::chrono::microseconds>> parse_wall_time(std::string_view text);

// "2026-01-01T10:02:03Z", with six digits of fraction where there is one.
std::string format_rfc3339(std::chrono::sys_time<std::chrono::microseconds> time);
// "2026-01-01 10:02", for tables on a screen.
std::string format_minute(std::chrono::sys_time<std::chrono::microseconds> time);
// "20260101100203", as versions of migrations are written.
std::string format_compact(std::chrono::sys_seconds time);

}  // namespace dunlin
