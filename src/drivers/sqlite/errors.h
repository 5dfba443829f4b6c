// What SQLite reports, as an Error.
#pragma once

#include <string>
#include <string_view>

#include "drivers/sqlite/connection.h"
#include "dunlin/driver.h"
#include "dunlin/script.h"

namespace dunlin::sqlite {

// "SQLITE_CONSTRAINT" of a primary code; empty for one that this list does not know.
std::string_view code_name(int code);
// "SQLITE_CONSTRAINT_FOREIGNKEY" of an extended code; empty where there is no more to say than the primary code says.
std::string_view extended_code_name(int code);

// The error that the connection reported last, which must be what `statement` failed with. `script` may be null; it is
// read again for the line of the file.
Error error_of(const Connection&, const SourceStatement& statement, const Script* script);
// The same without a place: opening, dunlin's own statements. `doing` begins the message: "cannot read the database".
Error error_of(const Connection&, ErrorKind kind, std::string_view doing);

// An error of our own about a statement.
Error error_at(ErrorKind kind, std::string message, std::string hint, const SourceStatement& statement,
               const Script* script);

// Another try of the same transaction may succeed.
bool retryable(int code);

}  // namespace dunlin::sqlite
