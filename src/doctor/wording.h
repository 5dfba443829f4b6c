// Names and values as the checks of a PostgreSQL database write them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "dunlin/driver.h"
#include "sql/quote.h"

namespace dunlin::doctor {

std::string name_of(const auto& name) {
  return sql::quote_name(Dialect::postgres, name);
}

inline std::string text_of(std::string_view text) {
  return sql::quote_text(Dialect::postgres, text);
}

inline const std::string& column(const Row& row, std::size_t index) {
  static const std::string kNone;
  return row.at(index) ? *row[index] : kNone;
}

// "a, b, c and 4 more"
inline std::string listed(const Rows& rows, std::size_t index) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i) text += (i == 0 ? "" : ", ") + column(rows[i], index);
  return rows.size() > kMost ? fmt::format("{} and {} more", text, rows.size() - kMost) : text;
}

}  // namespace dunlin::doctor
