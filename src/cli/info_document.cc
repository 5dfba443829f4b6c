#include "cli/info_document.h"

#include "cli/opening.h"
#include "cli/render/json.h"

namespace dunlin::cli {

std::string info_document(const Invocation& invocation, const Project& project, const Snapshot& snapshot) {
  const TableName& table = snapshot.table;
  const StatusContext context{.driver = std::string(project.driver->name()),
                              .history = std::string(project.scheme->name()),
                              .history_table = table.schema.empty() ? table.name : table.schema + '.' + table.name};
  return document(status_json(subject_of(project, snapshot.server), context, project.catalog, snapshot.status),
                  invocation.console.secrets());
}

}  // namespace dunlin::cli
