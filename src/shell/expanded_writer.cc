#include "shell/expanded_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/utf8.h"

namespace dunlin::shell {
namespace {

constexpr std::size_t kHead = 40;

}  // namespace

void ExpandedWriter::columns(std::span<const std::string> names) {
  has_columns_ = true;
  for (const std::string& name : names) {
    names_.push_back(one_line(name));
    widest_ = std::max(widest_, display_width(names_.back()));
  }
}

bool ExpandedWriter::row(std::span<const Cell> cells) {
  ++rows_;
  std::string text;
  if (!look_.rows_only) {
    text = fmt::format("-[ {} ]", rows_);
    if (text.size() < kHead) text.append(kHead - text.size(), '-');
    text += '\n';
  } else if (rows_ > 1) {
    text = "\n";
  }
  for (std::size_t column = 0; column < cells.size(); ++column) {
    text += pad_right(names_[column], widest_) + " | ";
    const Cell& cell = cells[column];
    const std::string value = cell.kind == CellKind::null ? shown_null(look_.colour) : printable(cell.text);
    for (const char c : value) {
      text += c;
      if (c == '\n') text += std::string(widest_, ' ') + " | ";
    }
    text += '\n';
  }
  return write_(text);
}

void ExpandedWriter::finish() {
  if (has_columns_ && !look_.rows_only) write_(row_count(rows_) + '\n');
}

}  // namespace dunlin::shell
