#include "cli/render/subject.h"

#include <fmt/format.h>

#include "base/printable.h"

namespace dunlin::cli {

std::string database_title(const ServerInfo& server) {
  const std::string& place = server.location;
  if (place.empty() || place == server.database || place.ends_with('/' + server.database)) {
    return printable(place.empty() ? server.database : place);
  }
  return printable(server.database.empty() ? place : fmt::format("{} at {}", server.database, place));
}

std::string run_title(const Subject& subject) {
  std::string title = database_title(subject.server);
  if (!subject.server.product.empty()) title += " · " + printable(subject.server.product);
  return fmt::format("{} · {} ({})", title, printable(subject.directory), subject.format);
}

std::string status_title(const Subject& subject, const std::string& history_table) {
  return fmt::format("{} · {} ({}) · {}", database_title(subject.server), printable(subject.directory), subject.format,
                     printable(history_table));
}

}  // namespace dunlin::cli
