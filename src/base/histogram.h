// A histogram as Prometheus keeps it: how many values were at most so large.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "base/exposition.h"

namespace dunlin {

// Belongs to one thread, or stands behind a lock.
class Histogram {
 public:
  // Upper bounds, the smallest first.
  explicit Histogram(std::initializer_list<double> bounds) : bounds_(bounds), counts_(bounds_.size()) {}

  void observe(double value);
  std::uint64_t count() const { return count_; }

  // Samples of the family that the exposition is at.
  void write(Exposition&, Exposition::Labels labels = {}) const;

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;  // of each bound alone
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace dunlin
