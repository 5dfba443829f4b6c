#include "kubernetes/operator/run_report.h"

#include "kubernetes/client/object.h"

namespace dunlin::manager {

using kubernetes::field;
using kubernetes::integer;
using kubernetes::Json;
using kubernetes::text;
using kubernetes::texts;

std::optional<RunReport> read_run_report(std::string_view message) {
  const Json document = Json::parse(message, nullptr, false);
  if (!document.is_object() || !field(document, "dunlin").is_string()) return std::nullopt;
  RunReport report{.schema = {}, .error = text(field(document, "error"))};
  if (!field(document, "applied").is_array()) return report;
  report.schema = SchemaState{.time = {},
                              .current = text(field(document, "current")),
                              .applied = texts(field(document, "applied")),
                              .pending = texts(field(document, "pending")),
                              .applied_total = integer(field(document, "applied_total")),
                              .pending_total = integer(field(document, "pending_total"))};
  return report;
}

SchemaState read_schema_state(const Json& entry) {
  return {.time = kubernetes::parse_time(text(field(entry, "time"))).value_or(kubernetes::Time{}),
          .current = text(field(entry, "current")),
          .applied = texts(field(entry, "applied")),
          .pending = texts(field(entry, "pending")),
          .applied_total = integer(field(entry, "appliedTotal")),
          .pending_total = integer(field(entry, "pendingTotal"))};
}

Json to_json(const SchemaState& state) {
  return {{"time", kubernetes::format_time(state.time)},
          {"current", state.current},
          {"applied", state.applied},
          {"pending", state.pending},
          {"appliedTotal", state.applied_total},
          {"pendingTotal", state.pending_total}};
}

}  // namespace dunlin::manager
