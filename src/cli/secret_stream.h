// Secrets on standard input and output, past every buffer that nobody wipes.
#pragma once

#include <string_view>

#include "dunlin/secrets.h"

namespace dunlin::cli {

// Everything up to the end. Throws Failure (io).
SecretBytes read_secret(int descriptor);
// Throws Failure (io).
void write_secret(int descriptor, std::string_view bytes);

}  // namespace dunlin::cli
