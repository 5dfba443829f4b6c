#include "drivers/postgres/dump_text.h"

#include <algorithm>

namespace dunlin::postgres {

std::string steady_dump(std::string_view dump) {
  std::string steady;
  bool blank = true;
  while (!dump.empty()) {
    const std::string_view line = dump.substr(0, dump.find('\n'));
    dump.remove_prefix(std::min(line.size() + 1, dump.size()));
    // \restrict carries a random key since the security releases of August 2025.
    const bool churn = line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ") ||
                       line.starts_with("-- Dumped from database version") ||
                       line.starts_with("-- Dumped by pg_dump version");
    if (churn || (line.empty() && blank)) continue;
    blank = line.empty();
    steady.append(line).append("\n");
  }
  while (steady.ends_with("\n\n")) steady.pop_back();
  return steady;
}

}  // namespace dunlin::postgres
