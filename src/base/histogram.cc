#include "base/histogram.h"

#include <algorithm>

#include <fmt/format.h>

namespace dunlin {

void Histogram::observe(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  if (bound != bounds_.end()) ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  ++count_;
  sum_ += value;
}

void Histogram::write(Exposition& exposition, Exposition::Labels labels) const {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    so_far += counts_[i];
    exposition.sample("_bucket", static_cast<double>(so_far), labels, fmt::format("{}", bounds_[i]));
  }
  exposition.sample("_bucket", static_cast<double>(count_), labels, "+Inf");
  exposition.sample("_sum", sum_, labels);
  exposition.sample("_count", static_cast<double>(count_), labels);
}

}  // namespace dunlin
