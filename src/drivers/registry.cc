#include "drivers/registry.h"

#include <fmt/format.h>

#include "drivers/postgres/driver.h"
#include "drivers/sqlite/driver.h"

namespace dunlin::drivers {

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
  // libpq's own keyword form: "host=db dbname=app".
  if (url.find("://") == std::string_view::npos && url.find('=') != std::string_view::npos)
    return postgres::make_driver();
  const auto colon = url.find("://");
  if (colon != std::string_view::npos && colon > 0 && colon < 32) {
    throw Failure(ErrorKind::usage, fmt::format("no driver for {}:// databases", url.substr(0, colon)),
                  "use postgres://user@host/database or sqlite:path/to/file.db");
  }
  throw Failure(ErrorKind::usage, "the database URL has no scheme",
                "use postgres://user@host/database or sqlite:path/to/file.db");
}

}  // namespace dunlin::drivers
