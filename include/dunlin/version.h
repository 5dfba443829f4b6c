#pragma once

namespace dunlin {

// "0.1.0", from the file VERSION.
const char* version() noexcept;
// The abbreviated commit of the build, or "unknown".
const char* commit() noexcept;

}  // namespace dunlin
