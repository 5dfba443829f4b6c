#include "shell/csv_writer.h"

namespace dunlin::shell {
namespace {

void append_field(std::string& line, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

}  // namespace

void CsvWriter::columns(std::span<const std::string> names) {
  has_columns_ = true;
  if (rows_only_) return;
  std::string line;
  for (const std::string& name : names) {
    if (!line.empty()) line += ',';
    append_field(line, name);
  }
  write_(line + '\n');
}

bool CsvWriter::row(std::span<const Cell> cells) {
  ++rows_;
  std::string line;
  for (const Cell& cell : cells) {
    if (&cell != cells.data()) line += ',';
    if (cell.kind != CellKind::null) append_field(line, cell.text);
  }
  return write_(line + '\n');
}

}  // namespace dunlin::shell
