#include "core/history_table.h"

#include <algorithm>

#include "sql/quote.h"

namespace dunlin {

void HistoryTable::locate(Session& session) {
  TableLocation location = session.locate(configured_);
  table_ = std::move(location.name);
  exists_ = location.exists;
}

std::vector<AppliedMigration> HistoryTable::read(Session& session) const {
  std::vector<AppliedMigration> applied;
  if (!exists_) return applied;
  const Rows rows = select(session);
  applied.reserve(rows.size());
  for (const Row& row : rows) applied.push_back(scheme_.row(dialect_, row));
  // The server orders numbers as we do, but not always text.
  if (!std::ranges::is_sorted(applied, {}, &AppliedMigration::version)) {
    std::ranges::stable_sort(applied, {}, &AppliedMigration::version);
  }
  return applied;
}

Rows HistoryTable::select(Session& session) const {
  try {
    return session.query(scheme_.select_sql(dialect_, table_));
  } catch (const Failure& failure) {
    if (failure.error().sqlstate != "42501") throw;
    Error error = failure.error();
    error.hint = "GRANT SELECT ON " + sql::quote_name(dialect_, table_) + " TO " +
                 sql::quote_name(dialect_, session.server().user) + ", or [grants] in dunlin.toml";
    if (const auto lacking = session.missing_rights(table_)) {
      error.hint = "as \"" + lacking->owner + "\": " + error.hint +
                   "; to migrate: MIGRATION_DATABASE_URL=" + lacking->owner_url + " dunlin migrate";
    }
    throw Failure(std::move(error));
  }
}

void HistoryTable::create(Session& session, const std::vector<std::string>& also, Observer& observer) {
  if (exists_) return;
  std::vector<std::string> sql = scheme_.create_sql(dialect_, table_);
  sql.insert(sql.end(), also.begin(), also.end());
  const StatementResult made = session.execute_together({}, sql, nullptr, observer);
  if (made.outcome == StatementOutcome::done && !made.error) {
    exists_ = true;
    return;
  }
  locate(session);
  // A tool that takes no lock may have made the table between our look and our CREATE: then it is there now.
  if (exists_) return;
  if (made.error) throw Failure(*made.error);
  throw Failure(ErrorKind::interrupted, "interrupted while making the history table");
}

TableName parse_table_name(std::string_view text) {
  std::vector<std::string> parts = sql::split_name(text);
  if (parts.empty() || parts.size() > 2) {
    throw Failure(ErrorKind::config, "not a table name: " + std::string(text),
                  "write it as name, schema.name or \"Schema\".\"name\"");
  }
  TableName name{.schema = {}, .name = std::move(parts.back())};
  if (parts.size() == 2) name.schema = std::move(parts.front());
  return name;
}

}  // namespace dunlin
