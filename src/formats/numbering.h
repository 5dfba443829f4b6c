// What a new migration is called: the next version and the words of its name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::formats {

// Continues what is there: plain numbers (all below a million) go on with the next one in the same width and step, and
// anything else, or nothing, gets the time `now` (UTC seconds) as YYYYMMDDHHMMSS. Never at or below an existing
// version. `existing` are versions as spelled, each a 64-bit integer. Throws Failure (usage) when there is no number
// left.
std::string next_version(const std::vector<std::string_view>& existing, std::int64_t now);

// "Add Invoices!" -> "add_invoices". Throws Failure (usage) when no letter or digit of a-z, 0-9 is left, or too many.
std::string name_from_description(std::string_view description);

}  // namespace dunlin::formats
