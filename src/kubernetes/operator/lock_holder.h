// Who keeps a Migrator from its turn.
#pragma once

#include <string>

namespace dunlin::manager {

struct LockHolder {
  std::string migrator;
  // Which pod of it may run although its Job has ended or is gone, and what to do about it; else empty.
  std::string detail;
};

}  // namespace dunlin::manager
