#include "drivers/postgres/lacking_right.h"

#include <string_view>

#include <fmt/format.h>

#include "sql/quote.h"

namespace dunlin::postgres {
namespace {

std::string quoted(std::string_view name) {
  return sql::quote_name(Dialect::postgres, name);
}

// A server that speaks another language gets the words that are always right.
std::string remedy(std::string_view said, const std::string& user) {
  constexpr std::string_view kSchema = "permission denied for schema ";
  constexpr std::string_view kDatabase = "permission denied for database ";
  constexpr std::string_view kOwner = "must be owner of ";
  if (said.starts_with(kSchema)) {
    return fmt::format("GRANT USAGE, CREATE ON SCHEMA {} TO {};", quoted(said.substr(kSchema.size())), quoted(user));
  }
  if (said.starts_with(kDatabase)) {
    return fmt::format("GRANT CREATE ON DATABASE {} TO {};", quoted(said.substr(kDatabase.size())), quoted(user));
  }
  if (said.starts_with(kOwner)) {
    return fmt::format("make \"{}\" the owner of {}, or a member of the role that is", user,
                       said.substr(kOwner.size()));
  }
  return fmt::format("grant the right to \"{}\"", user);
}

}  // namespace

void advise_on_right(Error& error, const std::string& user, const Step& step) {
  if (error.sqlstate != "42501" || user.empty()) return;
  const std::string first = remedy(error.message, user);
  error.hint = fmt::format("{}{} then: dunlin {}", first, first.ends_with(';') ? "" : ",",
                           step.direction == Direction::up ? "migrate" : "down");
}

}  // namespace dunlin::postgres
