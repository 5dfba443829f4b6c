// Names that are made of other names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dunlin::kubernetes {

inline constexpr std::size_t kLabelBytes = 63;

// Lower-case letters, digits and dashes, with a letter or digit at both ends, and at most kLabelBytes.
bool is_dns_label(std::string_view name);

// `name` itself when it is a DNS label of at most `bytes`; else as much of it as fits, with dashes for what a label may
// not hold, and a hash of the whole name, so that two names which begin alike stay two. `bytes` is 16 at least.
std::string dns_label(std::string_view name, std::size_t bytes = kLabelBytes);

// The same for the value of a label, which may hold dots, underscores and capitals too.
std::string label_value(std::string_view name);

}  // namespace dunlin::kubernetes
