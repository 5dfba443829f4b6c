#include "drivers/postgres/parameters.h"

#include <algorithm>

namespace dunlin::postgres {

std::string Parameters::get(std::string_view keyword) const {
  const auto found =
      std::ranges::find(values_, keyword, [](const auto& value) { return std::string_view(value.first); });
  return found == values_.end() ? std::string() : found->second;
}

void Parameters::set(std::string_view keyword, std::string value) {
  erase(keyword);
  values_.emplace_back(keyword, std::move(value));
}

void Parameters::erase(std::string_view keyword) {
  std::erase_if(values_, [&](const auto& value) { return value.first == keyword; });
}

}  // namespace dunlin::postgres
