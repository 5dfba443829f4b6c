// Comma-separated values (RFC 4180), ended by line feeds: NULL is nothing, an empty text is "".
#pragma once

#include "shell/result_writer.h"

namespace dunlin::shell {

class CsvWriter final : public ResultWriter {
 public:
  CsvWriter(const Look& look, Write write) : ResultWriter(std::move(write)), rows_only_(look.rows_only) {}

  void columns(std::span<const std::string> names) override;
  bool row(std::span<const Cell> cells) override;
  void finish() override {}

 private:
  bool rows_only_;
};

}  // namespace dunlin::shell
