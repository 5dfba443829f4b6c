// Prometheus' text format, version 0.0.4.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace dunlin {

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Begins a family: every sample after it belongs to it. `type` is "counter", "gauge" or "histogram".
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(double value, Labels labels = {}) { sample({}, value, labels); }
  // `suffix`: "_bucket", "_sum", "_count".
  void sample(std::string_view suffix, double value, Labels labels = {}) { sample(suffix, value, labels, {}); }
  // `bucket`: the label "le" of a histogram's bucket.
  void sample(std::string_view suffix, double value, Labels labels, std::string_view bucket);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string name_;
};

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace dunlin
