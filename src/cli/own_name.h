// Words that name the program although it is already called: a container's entry point is dunlin, and people write
// `docker run IMAGE dunlin info` and `docker run IMAGE ./upgrade_schema.sh upgrade` all the same.
#pragma once

#include <string>
#include <vector>

namespace dunlin::cli {

// The words without the first, where that is `dunlin`, `upgrade_schema.sh` or a path to one of them.
std::vector<std::string> without_own_name(std::vector<std::string> words);

}  // namespace dunlin::cli
