// Secrets that are read and written past every buffer that nobody wipes.
#pragma once

#include <string_view>

#include "dunlin/secrets.h"

namespace dunlin::cli {

// Everything up to the end. `from` is what an error calls it. Throws Failure (io).
SecretBytes read_secret(int descriptor, std::string_view from);
// Throws Failure (io).
void write_secret(int descriptor, std::string_view bytes);

}  // namespace dunlin::cli
