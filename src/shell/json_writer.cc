#include "shell/json_writer.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace dunlin::shell {
namespace {

// NaN, Infinity and the like are numbers to a database.
bool is_json_number(std::string_view text) {
  return nlohmann::json::accept(text) && (text.front() == '-' || (text.front() >= '0' && text.front() <= '9'));
}

std::string json_value(const Cell& cell) {
  switch (cell.kind) {
    case CellKind::null: return "null";
    case CellKind::boolean: return std::string(cell.text);
    case CellKind::number:
      if (!cell.text.empty() && is_json_number(cell.text)) return std::string(cell.text);
      break;
    case CellKind::json: {
      // A pretty-printed value becomes one line: a row is one.
      const auto value = nlohmann::ordered_json::parse(cell.text, nullptr, false);
      const bool plain = cell.text.find('\n') == std::string_view::npos;
      if (!value.is_discarded()) {
        return plain ? std::string(cell.text)
                     : value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
      }
      break;
    }
    case CellKind::text: break;
  }
  return json_string(cell.text);
}

}  // namespace

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void JsonWriter::columns(std::span<const std::string> names) {
  has_columns_ = true;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    std::string key = name;
    for (int number = 2; !taken.insert(key).second; ++number) key = fmt::format("{}_{}", name, number);
    keys_.push_back(json_string(key));
  }
}

bool JsonWriter::row(std::span<const Cell> cells) {
  std::string line = rows_++ == 0 ? "[\n  {" : ",\n  {";
  for (std::size_t column = 0; column < cells.size(); ++column) {
    line += fmt::format("{}{}: {}", column == 0 ? "" : ", ", keys_[column], json_value(cells[column]));
  }
  return write_(line + '}');
}

bool JsonWriter::copied(std::string_view data) {
  has_columns_ = true;
  while (data.ends_with('\n')) data.remove_suffix(1);
  return write_((rows_++ == 0 ? "[\n  " : ",\n  ") + json_string(data));
}

void JsonWriter::finish() {
  if (has_columns_) write_(rows_ == 0 ? "[]\n" : "\n]\n");
}

}  // namespace dunlin::shell
