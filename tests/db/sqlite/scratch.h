// A directory for one test's database files, removed with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "db/contract/database.h"
#include "drivers/sqlite/driver.h"

namespace dunlin::sqlite {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dunlin-sqlite-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(directory_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(const std::string& name = "app.db") const { return (directory_ / name).string(); }
  std::string url(const std::string& name = "app.db") const { return "sqlite:" + path(name); }
  std::string made(const std::string& name = "app.db") const {
    make_driver()->admin()->create(url(name), {});
    return url(name);
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) names.insert(entry.path().filename());
    return names;
  }

 private:
  std::filesystem::path directory_;
};

class SqliteDatabase final : public contract::Database {
 public:
  SqliteDatabase() { scratch_.made(); }
  std::string url() const override { return scratch_.url(); }
  std::string missing_url() const override { return scratch_.url("missing.db"); }
  std::unique_ptr<Driver> driver() const override { return make_driver(); }
  std::string endless_statement() const override {
    return "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
  }
  std::string elapsed_sql() const override { return "dunlin_elapsed_ns()"; }
  bool has_run_lock() const override { return false; }
  const Scratch& scratch() const { return scratch_; }

 private:
  Scratch scratch_;
};

}  // namespace dunlin::sqlite
