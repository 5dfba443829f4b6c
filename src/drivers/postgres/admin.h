// Making, dropping and dumping whole databases.
#pragma once

#include <string>

#include "dunlin/driver.h"

namespace dunlin::postgres {

class PostgresAdmin final : public DatabaseAdmin {
 public:
  bool create(const std::string& url, const SessionOptions&) override;
  void require_right_to_create(const std::string& url, const SessionOptions&) override;
  bool drop(const std::string& url, const SessionOptions&, bool force) override;
  // Runs pg_dump. Its version line and other text that changes from run to run is left out, so that dumps can be
  // compared and kept under version control.
  std::string dump(const std::string& url, const SessionOptions&) override;
};

}  // namespace dunlin::postgres
