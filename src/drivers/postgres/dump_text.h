// pg_dump's output without what changes from run to run.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::postgres {

std::string steady_dump(std::string_view dump);

}  // namespace dunlin::postgres
