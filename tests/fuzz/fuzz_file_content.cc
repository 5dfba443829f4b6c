// What a migration file may hold: any bytes. Reading it, planning it and walking through its statements ends, with a
// plan or with findings that have a place, and with nothing else.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/planner.h"
#include "core/status.h"
#include "formats/format.h"
#include "fuzz/require.h"
#include "history/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dunlin;
  if (size == 0) return 0;
  const Dialect dialect = (data[0] & 1) != 0 ? Dialect::postgres : Dialect::sqlite;
  const std::string_view content(reinterpret_cast<const char*>(data) + 1, size - 1);
  const HistoryScheme& scheme = history::by_name("sqlx");
  Catalog catalog = formats::by_name("sqlx").read(formats::list_embedded({{"1_x.sql", content}}), scheme);
  catalog.no_transaction_mark = "-- no-transaction";
  require(catalog.migrations.size() == 1, "the file is a migration whatever it holds");
  require(catalog.migrations[0].checksum == scheme.checksum(Script::from_static(content, "1_x.sql")),
          "the checksum is of the bytes as they are");
  const Plan plan = plan_up(catalog, scheme, make_status(catalog, scheme, {}), dialect, {});
  require(plan.steps.size() == 1, "it is pending");
  if (plan.refusal) {
    require(!plan.refusal->where.file.empty(), "a refusal names the file");
    return 0;
  }
  std::size_t statements = 0;
  for_each_statement(plan.steps[0], dialect, [&](const PlannedStatement& statement) {
    require(!statement.text.empty() && statement.where.line > 0, "a statement has a text and a place");
    statements += statement.dropped ? 0 : 1;
  });
  require(statements == plan.steps[0].statement_count, "the plan counts the statements that are run");
  return 0;
}
