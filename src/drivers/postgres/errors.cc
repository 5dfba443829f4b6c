#include "drivers/postgres/errors.h"

#include <cstdlib>

#include <fmt/format.h>

#include "drivers/postgres/error_place.h"
#include "sql/mask.h"

namespace dunlin::postgres {
namespace {

std::string field(const PGresult* result, int code) {
  const char* value = PQresultErrorField(result, code);
  return value == nullptr ? std::string() : std::string(value);
}

std::string hint_for(std::string_view sqlstate) {
  if (is_refused_in_transaction(sqlstate)) {
    return "mark the migration to run outside a transaction (sqlx: -- no-transaction as its first line)";
  }
  if (sqlstate == "55P04") {
    return "a value added to an enum can be used only after its transaction: put the use into the next migration, or "
           "mark this one to run outside a transaction (sqlx: -- no-transaction as its first line)";
  }
  if (sqlstate == "25006") return "dunlin doctor  says whether it is a standby, or a setting";
  if (sqlstate == "55P03")
    return "run it again when the lock is free; with --lock-timeout 10s it waits longer, and holds up others as long";
  return {};
}

}  // namespace

std::string sqlstate_of(const PGresult* result) {
  return field(result, PG_DIAG_SQLSTATE);
}

bool is_fatal(const PGresult* result) {
  const std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

bool is_retryable(std::string_view sqlstate) {
  return sqlstate == "55P03" || sqlstate == "40P01" || sqlstate == "40001";
}

bool is_refused_in_transaction(std::string_view sqlstate) {
  return sqlstate == "25001" || sqlstate == "2D000";
}

Error server_error(const PGresult* result, const StatementPlace& place) {
  Error error;
  error.sqlstate = sqlstate_of(result);
  const bool timed_out = error.sqlstate == "57014" || error.sqlstate == "25P04";
  error.kind = timed_out ? ErrorKind::timeout : ErrorKind::sql;
  error.message = sql::mask_literals(field(result, PG_DIAG_MESSAGE_PRIMARY));
  if (error.message.empty()) error.message = "the server refused the statement and gave no reason";
  error.hint = hint_for(error.sqlstate);
  error.server_detail = sql::mask_literals(field(result, PG_DIAG_MESSAGE_DETAIL));
  error.server_hint = field(result, PG_DIAG_MESSAGE_HINT);
  error.statement = sql::mask_literals(place.text);

  const ServerPosition said{
      .position = std::atoi(field(result, PG_DIAG_STATEMENT_POSITION).c_str()),
      .context = field(result, PG_DIAG_CONTEXT),
      .message = field(result, PG_DIAG_MESSAGE_PRIMARY),
  };
  const FoundPlace found = find_place(place, said);
  error.where = found.where;
  error.line_text = sql::mask_line(found.line_text);
  return error;
}

ServerNotice server_notice(const PGresult* result, const SourcePosition& where) {
  ServerNotice notice;
  notice.severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  notice.message = sql::mask_literals(field(result, PG_DIAG_MESSAGE_PRIMARY));
  notice.detail = sql::mask_literals(field(result, PG_DIAG_MESSAGE_DETAIL));
  notice.hint = field(result, PG_DIAG_MESSAGE_HINT);
  notice.where = where;
  return notice;
}

Error lost_error(std::string_view said, std::string sqlstate) {
  while (said.ends_with('\n')) said.remove_suffix(1);
  // libpq adds two indented lines of explanation to its own message.
  const std::string_view first = said.substr(0, said.find('\n'));
  Error error;
  error.kind = ErrorKind::connect;
  error.message = first.empty() ? "the connection to the server was lost"
                                : fmt::format("the connection to the server was lost: {}", first);
  error.sqlstate = std::move(sqlstate);
  return error;
}

Error interrupted_error() {
  Error error;
  error.kind = ErrorKind::interrupted;
  error.message = "interrupted";
  return error;
}

}  // namespace dunlin::postgres
