#include "core/project.h"

#include "core/journal.h"

namespace dunlin {

std::unique_ptr<Session> Project::connect(bool read_only) const {
  if (driver == nullptr) {
    throw Failure(ErrorKind::usage, "no database is named",
                  "set DATABASE_URL, or pass --url postgres://user@host/database or --url sqlite:app.db");
  }
  SessionOptions options = session;
  options.read_only = read_only;
  return driver->open(url, options);
}

GrantScript Project::grant_script(Session& connected, const TableName& history) const {
  return connected.grant_script(grants, history, Journal(driver->dialect(), history).name());
}

}  // namespace dunlin
