// Every check there is, one row each. What a check cannot look at becomes a note.
#pragma once

#include <span>

#include "doctor/examination.h"

namespace dunlin::doctor {

// Whose connection a check is made over.
enum class Over { every_user, application, migration, one_of_them };

struct Check {
  std::string_view name;
  Over over = Over::one_of_them;
  void (*look)(const Examination&) = nullptr;
};

std::span<const Check> postgres_user_checks();
std::span<const Check> postgres_application_checks();
std::span<const Check> postgres_server_checks();
std::span<const Check> sqlite_checks();
std::span<const Check> migration_checks();

}  // namespace dunlin::doctor
