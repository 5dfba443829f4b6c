// What `--json` prints: the schemas of docs/reference/json.md, and nothing else anywhere writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/secret_set.h"
#include "cli/render/subject.h"
#include "core/catalog.h"
#include "core/planner.h"
#include "dunlin/plan.h"
#include "dunlin/report.h"
#include "dunlin/status.h"

namespace dunlin::cli {

using Json = nlohmann::ordered_json;

// The server's DETAIL and HINT stay out: they may hold rows.
Json error_json(const Error&);
Json diagnostic_json(const Diagnostic&);

Json report_json(const Report&, std::string_view database);
// The same document for a run that never came to a report.
Json failed_run_json(const Error&, std::string_view database);

struct StatusContext {
  std::string driver;
  std::string history;        // the scheme
  std::string history_table;  // schema-qualified
};
Json status_json(const Subject&, const StatusContext&, const Catalog&, const Status&);

Json plan_json(const Plan&, const Subject&, const std::vector<RoleGrant>& grants, Dialect);

// One document with a final newline, every secret in its strings masked.
std::string document(Json, const SecretSet&);

}  // namespace dunlin::cli
