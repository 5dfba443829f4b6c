// A database for one test of the driver contract, and the few things in which databases differ.
#pragma once

#include <memory>
#include <string>

#include "dunlin/driver.h"

namespace dunlin::contract {

class Database {
 public:
  virtual ~Database() = default;
  // Empty, and nobody else's for as long as this object lives.
  virtual std::string url() const = 0;
  // A database that does not exist.
  virtual std::string missing_url() const = 0;
  virtual std::unique_ptr<Driver> driver() const = 0;
  // Runs until it is stopped.
  virtual std::string endless_statement() const = 0;
  // SQL of the number of nanoseconds since the transaction began, as a history scheme writes it.
  virtual std::string elapsed_sql() const = 0;
  virtual bool has_run_lock() const = 0;
};

struct DatabaseKind {
  const char* name;
  std::unique_ptr<Database> (*make)();
};

}  // namespace dunlin::contract
