// What a fuzzer says of every input.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

// Ends the process when it does not hold: libFuzzer keeps the input.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::cerr << "does not hold: " << what << '\n';
  std::abort();
}
