#include "shell/result_writer.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "shell/csv_writer.h"
#include "shell/expanded_writer.h"
#include "shell/json_writer.h"
#include "shell/table_writer.h"

namespace dunlin::shell {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 5> kFormats{{{"auto", Format::automatic},
                                                                       {"aligned", Format::aligned},
                                                                       {"expanded", Format::expanded},
                                                                       {"json", Format::json},
                                                                       {"csv", Format::csv}}};

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string_view to_string(Format format) {
  return kFormats[static_cast<std::size_t>(format)].first;
}

std::unique_ptr<ResultWriter> make_writer(const Look& look, Write write) {
  switch (look.format) {
    case Format::json: return std::make_unique<JsonWriter>(std::move(write));
    case Format::csv: return std::make_unique<CsvWriter>(look, std::move(write));
    case Format::expanded: return std::make_unique<ExpandedWriter>(look, std::move(write));
    case Format::automatic:
    case Format::aligned: break;
  }
  return std::make_unique<TableWriter>(look, std::move(write));
}

std::string row_count(std::size_t rows) {
  return fmt::format("({} row{})", rows, rows == 1 ? "" : "s");
}

std::string shown_null(bool colour) {
  return colour ? "\x1b[2mNULL\x1b[0m" : "(null)";
}

}  // namespace dunlin::shell
