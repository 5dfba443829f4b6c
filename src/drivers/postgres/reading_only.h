// What a reading dialogue refuses by its words, because a READ ONLY transaction lets it happen.
#pragma once

#include <optional>
#include <string_view>

#include "dunlin/error.h"

namespace dunlin::postgres {

// kind safety, for COPY into a file or a program of the server, DO, prepared transactions, and calls of the server's
// own functions that change what a rollback leaves as it is. `version` is ServerInfo's. It keeps a person from a
// mistake; who hides such a call in a text that a function runs is stopped by missing rights only.
std::optional<Error> refused_by_word(std::string_view statement, int version);

}  // namespace dunlin::postgres
