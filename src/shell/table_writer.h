// Columns below each other. The first rows settle how wide they are; later ones that are wider stick out, so that any
// number of rows takes the same memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "shell/result_writer.h"

namespace dunlin::shell {

class TableWriter final : public ResultWriter {
 public:
  TableWriter(const Look& look, Write write) : ResultWriter(std::move(write)), look_(look) {}

  void columns(std::span<const std::string> names) override;
  bool row(std::span<const Cell> cells) override;
  void finish() override;

 private:
  struct Value {
    CellKind kind = CellKind::null;
    std::string text;
  };
  struct Column {
    std::string name;
    std::size_t width = 0;
    bool right = false;  // all values are numbers
  };

  void settle();
  void write_head();
  bool write_row(const std::vector<Value>& values);
  std::string field(const Column&, const Value&, std::string_view line, bool goes_on, bool last) const;

  Look look_;
  std::vector<Column> columns_;
  std::vector<std::vector<Value>> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool settled_ = false;
  // In the place of the table, where it is too wide.
  std::unique_ptr<ResultWriter> expanded_;
};

}  // namespace dunlin::shell
