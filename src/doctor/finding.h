// What doctor says of one thing that it looked at.
#pragma once

#include <string>
#include <vector>

#include "dunlin/error.h"

namespace dunlin::doctor {

enum class Level { ok, note, warning, error };

// What the finding is about, in the order of the report.
enum class Section { users, server, file, migrations };

struct Finding {
  Section section = Section::users;
  Level level = Level::ok;
  std::string check;  // stable and kebab-case: "application-ddl"
  std::string message;
  // What to type: SQL or a command, a line each. Empty where nothing is to be done.
  std::vector<std::string> fix;
  // Of an error: decides the exit code.
  ErrorKind kind = ErrorKind::safety;
};

using Findings = std::vector<Finding>;

const char* to_string(Level) noexcept;
const char* to_string(Section) noexcept;

}  // namespace dunlin::doctor
