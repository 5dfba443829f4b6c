// Answers as text: a file for each format.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dunlin/dialogue.h"

namespace dunlin::shell {

enum class Format {
  automatic,  // aligned; expanded where that is too wide for the terminal
  aligned,
  expanded,
  json,
  csv,
};

std::optional<Format> format_named(std::string_view name);
std::string_view to_string(Format);
// For messages and completion.
inline constexpr std::string_view kFormatNames = "auto, aligned, expanded, json, csv";

// False: nobody reads it any longer.
using Write = std::function<bool(std::string_view)>;

struct Look {
  Format format = Format::aligned;
  // Neither column names nor the number of rows.
  bool rows_only = false;
  bool colour = false;
  // Of the terminal; 0 is no limit.
  std::size_t columns = 0;
};

// Writes one answer.
class ResultWriter : public RowSink {
 public:
  // When there are no more rows; nothing is written for a statement that answered with none.
  virtual void finish() = 0;
  bool copied(std::string_view data) override { return write_(data); }
  std::size_t rows() const noexcept { return rows_; }
  // Whether there was anything to show.
  bool has_columns() const noexcept { return has_columns_; }

 protected:
  explicit ResultWriter(Write write) : write_(std::move(write)) {}

  Write write_;
  std::size_t rows_ = 0;
  bool has_columns_ = false;
};

std::unique_ptr<ResultWriter> make_writer(const Look&, Write);

// "(1 row)", "(3 rows)".
std::string row_count(std::size_t rows);
// What stands for NULL where people read; a text never looks like it on a terminal with colours.
std::string shown_null(bool colour);

}  // namespace dunlin::shell
