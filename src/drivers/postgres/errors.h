// What the server answered, as dunlin's errors and notices.
#pragma once

#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "dunlin/driver.h"

namespace dunlin::postgres {

// Where a statement stands, for errors and notices. `script` may be null: then only the statement's own text is shown.
struct StatementPlace {
  std::string_view text;
  SourcePosition where;  // of its first token; an empty file means a statement of dunlin's own
  const Script* script = nullptr;
};

// kind sql, or timeout for a statement timeout. Secrets are masked.
Error server_error(const PGresult*, const StatementPlace&);
ServerNotice server_notice(const PGresult*, const SourcePosition& where);

// "the connection to the server was lost: <what the server or libpq said>".
Error lost_error(std::string_view said, std::string sqlstate = {});
Error interrupted_error();

std::string sqlstate_of(const PGresult*);
bool is_fatal(const PGresult*);
// 55P03, 40P01, 40001: another try may succeed.
bool is_retryable(std::string_view sqlstate);
// 25001, 2D000: the server refuses the statement in a transaction block, before it acts.
bool is_refused_in_transaction(std::string_view sqlstate);

}  // namespace dunlin::postgres
