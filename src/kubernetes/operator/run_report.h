// What a run of `dunlin` leaves behind in its container's termination message: the document of --summary-file
// (cli/run_summary.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/json.h"
#include "kubernetes/client/time.h"

namespace dunlin::manager {

// Where a schema stands.
struct SchemaState {
  // When the run's pod was made.
  kubernetes::Time time;
  // The version that was applied last; empty when there is none.
  std::string current;
  // The newest first, and the next first; as many as had room.
  std::vector<std::string> applied;
  std::vector<std::string> pending;
  // All of them.
  std::int64_t applied_total = 0;
  std::int64_t pending_total = 0;

  bool operator==(const SchemaState&) const = default;
};

struct RunReport {
  // Empty when the database could not be asked.
  std::optional<SchemaState> schema;
  // Without secrets; empty when it succeeded.
  std::string error;
};

// Empty when the message is something else, such as the last lines of a log.
std::optional<RunReport> read_run_report(std::string_view message);

// As it stands in a Migrator's status.
SchemaState read_schema_state(const kubernetes::Json&);
kubernetes::Json to_json(const SchemaState&);

}  // namespace dunlin::manager
