// Making and removing database files, and the schema as SQL.
#pragma once

#include "dunlin/driver.h"

namespace dunlin::sqlite {

class SqliteAdmin final : public DatabaseAdmin {
 public:
  bool create(const std::string& url, const SessionOptions&) override;
  bool drop(const std::string& url, const SessionOptions&, bool force) override;
  std::string dump(const std::string& url, const SessionOptions&) override;
};

}  // namespace dunlin::sqlite
