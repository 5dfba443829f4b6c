#include "kubernetes/client/time.h"

#include <fmt/format.h>

#include "base/wall_time.h"

namespace dunlin::kubernetes {

std::optional<Time> parse_time(std::string_view text) {
  return parse_wall_time(text);
}

std::string format_time(Time time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

std::string format_micro_time(Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = format_rfc3339(second);
  text.pop_back();
  return fmt::format("{}.{:06}Z", text, (time - second).count());
}

}  // namespace dunlin::kubernetes
