// The words of SQL that are worth completing.
#pragma once

#include <span>
#include <string_view>

#include "dunlin/dialect.h"

namespace dunlin::shell {

// Those a statement begins with.
std::span<const std::string_view> command_words(Dialect);
std::span<const std::string_view> keywords();

}  // namespace dunlin::shell
