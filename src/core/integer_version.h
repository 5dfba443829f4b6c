// Versions that are 64-bit signed integers, as several formats have them: 20260101000000, 7, and with as many leading
// zeros as the author liked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dunlin/migration.h"

namespace dunlin {

// An optional sign and decimal digits, nothing else. Empty for what does not fit 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);

// Spelled without leading zeros; ordered as numbers, negative ones first.
Version make_integer_version(std::int64_t value);

}  // namespace dunlin
