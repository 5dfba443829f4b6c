// The name of a table of a database.
#pragma once

#include <string>

namespace dunlin {

// Unquoted. `schema` is empty where the server has none, and until Session::locate has resolved it.
struct TableName {
  std::string schema;
  std::string name;
};

}  // namespace dunlin
