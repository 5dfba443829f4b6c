// An array of objects, one a line. Numbers, booleans and JSON values stay what they are.
#pragma once

#include <vector>

#include "shell/result_writer.h"

namespace dunlin::shell {

class JsonWriter final : public ResultWriter {
 public:
  explicit JsonWriter(Write write) : ResultWriter(std::move(write)) {}

  void columns(std::span<const std::string> names) override;
  bool row(std::span<const Cell> cells) override;
  // Each line as a text.
  bool copied(std::string_view data) override;
  void finish() override;

 private:
  // As JSON strings, each one different from the others.
  std::vector<std::string> keys_;
};

// With its quotes; what is no UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

}  // namespace dunlin::shell
