// libpq's connection parameters as keyword and value. Holds the password: never printed as a whole.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dunlin::postgres {

class Parameters {
 public:
  // Empty when it is not set.
  std::string get(std::string_view keyword) const;
  bool has(std::string_view keyword) const { return !get(keyword).empty(); }
  void set(std::string_view keyword, std::string value);
  void set_default(std::string_view keyword, std::string value) {
    if (!has(keyword)) set(keyword, std::move(value));
  }
  void erase(std::string_view keyword);

  const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return values_; }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace dunlin::postgres
