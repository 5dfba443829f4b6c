#include "shell/table_writer.h"

#include <algorithm>

#include "base/printable.h"
#include "base/utf8.h"
#include "shell/expanded_writer.h"

namespace dunlin::shell {
namespace {

constexpr std::size_t kRowsToSettle = 1'000;
constexpr std::size_t kBytesToSettle = 1 << 20;
// A single long value must not push everything else off the screen.
constexpr std::size_t kWidest = 400;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    const auto newline = text.find('\n');
    lines.push_back(text.substr(0, newline));
    if (newline == std::string_view::npos) return lines;
    text.remove_prefix(newline + 1);
  }
}

}  // namespace

void TableWriter::columns(std::span<const std::string> names) {
  has_columns_ = true;
  for (const std::string& name : names) columns_.push_back({.name = one_line(name)});
}

bool TableWriter::row(std::span<const Cell> cells) {
  if (expanded_) {
    ++rows_;
    return expanded_->row(cells);
  }
  std::vector<Value> values;
  values.reserve(cells.size());
  for (const Cell& cell : cells) {
    values.push_back({cell.kind, settled_ ? printable(cell.text) : std::string(cell.text)});
  }
  ++rows_;
  if (settled_) return write_row(values);
  for (const Cell& cell : cells) waiting_bytes_ += cell.text.size() + sizeof(Value);
  waiting_.push_back(std::move(values));
  if (waiting_.size() < kRowsToSettle && waiting_bytes_ < kBytesToSettle) return true;
  settle();
  return write_("");
}

void TableWriter::finish() {
  if (!has_columns_) return;
  if (!settled_) settle();
  if (expanded_) {
    expanded_->finish();
  } else if (!look_.rows_only) {
    write_(row_count(rows_) + '\n');
  }
}

void TableWriter::settle() {
  settled_ = true;
  std::size_t total = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    column.width = display_width(column.name);
    bool numbers = false;
    bool others = false;
    for (const auto& values : waiting_) {
      const Value& value = values[i];
      numbers = numbers || value.kind == CellKind::number;
      others = others || (value.kind != CellKind::number && value.kind != CellKind::null);
      const std::string text = value.kind == CellKind::null ? shown_null(false) : printable(value.text);
      for (const std::string_view line : lines_of(text)) column.width = std::max(column.width, display_width(line));
    }
    column.width = std::min(column.width, kWidest);
    column.right = numbers && !others;
    total += column.width + 3;
  }
  if (look_.format == Format::automatic && look_.columns > 0 && total > look_.columns && !waiting_.empty()) {
    expanded_ = std::make_unique<ExpandedWriter>(look_, write_);
    std::vector<std::string> names;
    for (const Column& column : columns_) names.push_back(column.name);
    expanded_->columns(names);
  } else {
    write_head();
  }
  for (auto& values : waiting_) {
    if (!expanded_) {
      for (Value& value : values) value.text = printable(value.text);
      write_row(values);
      continue;
    }
    std::vector<Cell> cells;
    for (const Value& value : values) cells.push_back({value.kind, value.text});
    expanded_->row(cells);
  }
  waiting_.clear();
}

void TableWriter::write_head() {
  if (look_.rows_only) return;
  std::string names;
  std::string rule;
  for (const Column& column : columns_) {
    const bool last = &column == &columns_.back();
    names += ' ' + (last ? column.name : pad_right(column.name, column.width) + " |");
    rule += std::string(column.width + 2, '-') + (last ? "" : "+");
  }
  write_(names + '\n' + rule + '\n');
}

bool TableWriter::write_row(const std::vector<Value>& values) {
  std::vector<std::vector<std::string_view>> cells;
  std::size_t height = 1;
  for (const Value& value : values) {
    cells.push_back(lines_of(value.text));
    height = std::max(height, cells.back().size());
  }
  std::string text;
  for (std::size_t line = 0; line < height; ++line) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool there = line < cells[i].size();
      const bool last = i + 1 == values.size();
      const Value nothing{CellKind::text, {}};
      text += field(columns_[i], there ? values[i] : nothing, there ? cells[i][line] : std::string_view(),
                    line + 1 < cells[i].size(), last);
    }
    text += '\n';
  }
  return write_(text);
}

// A value that goes on in the next line is followed by a plus.
std::string TableWriter::field(const Column& column, const Value& value, std::string_view line, bool goes_on,
                               bool last) const {
  const bool null = value.kind == CellKind::null;
  const std::string shown = null ? shown_null(look_.colour) : std::string(line);
  // The word alone, without its colour.
  const std::size_t width = display_width(null && look_.colour ? "NULL" : shown);
  const std::string padding(column.width > width ? column.width - width : 0, ' ');
  std::string text = " ";
  if (column.right) text += padding;
  text += shown;
  if (last && !goes_on) return text;
  if (!column.right) text += padding;
  return text + (goes_on ? "+" : " ") + (last ? "" : "|");
}

}  // namespace dunlin::shell
