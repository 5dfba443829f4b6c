// Whose SQL it is: decides lexical rules, quoting and which history statements are written.
#pragma once

namespace dunlin {

enum class Dialect { postgres, sqlite, mysql };

const char* to_string(Dialect dialect) noexcept;

}  // namespace dunlin
