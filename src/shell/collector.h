// Sinks that are not writers.
#pragma once

#include <functional>
#include <utility>

#include "dunlin/driver.h"

namespace dunlin::shell {

// Keeps the rows.
class Collector final : public RowSink {
 public:
  void columns(std::span<const std::string>) override {}
  bool row(std::span<const Cell> cells) override {
    Row& row = rows_.emplace_back();
    for (const Cell& cell : cells) {
      row.push_back(cell.kind == CellKind::null ? std::nullopt : std::optional(std::string(cell.text)));
    }
    return true;
  }
  bool copied(std::string_view) override { return true; }
  Rows take() { return std::move(rows_); }

 private:
  Rows rows_;
};

// Tells the sink behind it of nothing until there is a row.
class Held final : public RowSink {
 public:
  Held(RowSink& behind, std::function<void()> before_first) : behind_(behind), before_(std::move(before_first)) {}

  void columns(std::span<const std::string> names) override { names_.assign(names.begin(), names.end()); }
  bool row(std::span<const Cell> cells) override {
    if (before_) {
      before_();
      before_ = nullptr;
      behind_.columns(names_);
    }
    return behind_.row(cells);
  }
  bool copied(std::string_view data) override { return behind_.copied(data); }

 private:
  RowSink& behind_;
  std::function<void()> before_;
  std::vector<std::string> names_;
};

}  // namespace dunlin::shell
