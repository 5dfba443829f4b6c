// The answer of /health.
#pragma once

#include <chrono>
#include <string>

#include <dunlin/migrator.h>

namespace notes {

struct Answer {
  bool well = false;
  std::string json;
};

// Asks the database at most once a second, however often it is asked itself. Belongs to one thread.
class HealthCheck {
 public:
  explicit HealthCheck(dunlin::Migrator& schema) : schema_(schema) {}
  const Answer& answer();

 private:
  dunlin::Migrator& schema_;
  std::chrono::steady_clock::time_point asked_;
  Answer answer_;
};

}  // namespace notes
