#include "drivers/registry.h"

#include <fmt/format.h>

#include "drivers/postgres/driver.h"
#include "drivers/sqlite/driver.h"

namespace dunlin::drivers {
namespace {

// What RFC 3986 calls one, and of a length that may be shown: anything else may be part of a password.
bool is_scheme(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
  return !text.empty() && text.size() < 24 && text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

const std::vector<DriverRow>& all() {
  // An explicit table: a static initialiser in a static library would be dropped by the linker.
  static const std::vector<DriverRow> rows{
      {"postgres",
       {"postgres", "postgresql", "pgx", "pgx4", "pgx5", "jdbc:postgresql", "postgresql+psycopg2"},
       &postgres::make_driver},
      {"sqlite", {"sqlite", "sqlite3", "file", "jdbc:sqlite"}, &sqlite::make_driver},
  };
  return rows;
}

std::unique_ptr<Driver> for_url(std::string_view url) {
  // "jdbc:sqlite:app.db" and "sqlite:app.db" have no "//": a scheme ends at the first colon that is not part of a
  // longer known one, so the rows are asked.
  for (const DriverRow& row : all()) {
    for (const std::string_view scheme : row.schemes) {
      if (url.size() > scheme.size() && url.starts_with(scheme) && url[scheme.size()] == ':') return row.make();
    }
  }
  if (url.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw Failure(ErrorKind::usage, "the database URL is empty",
                  "use postgres://user@host/database or sqlite:path/to/file.db");
  }
  const std::string_view scheme = url.substr(0, url.find("://"));
  // libpq's own keyword form: "host=db dbname=app". Only a value of it may hold "://".
  if (scheme.find('=') != std::string_view::npos) return postgres::make_driver();
  if (scheme.size() < url.size() && is_scheme(scheme)) {
    throw Failure(ErrorKind::usage, fmt::format("no driver for {}:// databases", scheme),
                  "use postgres://user@host/database or sqlite:path/to/file.db");
  }
  throw Failure(ErrorKind::usage, "the database URL has no scheme",
                "use postgres://user@host/database or sqlite:path/to/file.db");
}

}  // namespace dunlin::drivers
