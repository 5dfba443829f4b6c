#include "drivers/sqlite/script_context.h"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "drivers/sqlite/errors.h"
#include "sql/statement_reader.h"

namespace dunlin::sqlite {

void ScriptContext::stop(Ran ran) {
  // An error that leaves the transaction open undoes its statement and nothing else: the callback may go on after it.
  const bool final = ran.end != End::failed || ran.remains || !connection_.in_transaction();
  Error error = ran.error.value_or(
      Error{.kind = ErrorKind::safety, .message = "the migration begins again with foreign keys off"});
  if (final) stopped_ = std::move(ran);
  throw Failure(std::move(error));
}

void ScriptContext::execute(std::string_view sql) {
  if (stopped_) stop(*stopped_);
  const std::string shown_as = fmt::format("{} {}", step_.migration.version.text, step_.migration.name);
  const Script script = Script::from_text(std::string(sql), shown_as);
  const auto reader = script.open();
  sql::StatementReader statements(Dialect::sqlite, *reader, shown_as);
  while (const auto statement = statements.next()) {
    Ran ran = run_.inside({statement->text, {shown_as, statement->line, statement->column}});
    touched_settings_ = touched_settings_ || ran.touched_settings;
    if (ran.end != End::done) stop(std::move(ran));
  }
}

std::vector<std::vector<std::optional<std::string>>> ScriptContext::query(std::string_view sql) {
  if (stopped_) stop(*stopped_);
  const SourceStatement source{sql, {}};
  Statement statement;
  if (statement.prepare(connection_, sql) != SQLITE_OK) stop(run_.failed(source));
  std::vector<std::vector<std::optional<std::string>>> rows;
  int code = SQLITE_ROW;
  while ((code = statement.step()) == SQLITE_ROW) {
    auto& row = rows.emplace_back();
    for (int column = 0; column < statement.columns(); ++column) row.push_back(statement.text(column));
  }
  if (code != SQLITE_DONE) stop(run_.failed(source));
  return rows;
}

}  // namespace dunlin::sqlite
