// A line for each value, and a head for each row.
#pragma once

#include <vector>

#include "shell/result_writer.h"

namespace dunlin::shell {

class ExpandedWriter final : public ResultWriter {
 public:
  ExpandedWriter(const Look& look, Write write) : ResultWriter(std::move(write)), look_(look) {}

  void columns(std::span<const std::string> names) override;
  bool row(std::span<const Cell> cells) override;
  void finish() override;

 private:
  Look look_;
  std::vector<std::string> names_;
  std::size_t widest_ = 0;
};

}  // namespace dunlin::shell
