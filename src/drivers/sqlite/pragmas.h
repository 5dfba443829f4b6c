// Which pragmas mind a transaction, and putting a connection's settings back.
#pragma once

#include <string_view>

#include "drivers/sqlite/connection.h"

namespace dunlin::sqlite {

// Given a value, it is an error inside a transaction.
bool refused_inside(std::string_view pragma);
// Given a value, it does nothing inside a transaction, and SQLite does not say so.
bool ignored_inside(std::string_view pragma);
// SQLite's words for what has to run outside a transaction: VACUUM, BEGIN, journal_mode, ...
bool refusal_message(std::string_view message);
// Given a value, later statements of the connection behave differently.
bool outlives_statement(std::string_view pragma);

// Puts every such setting back to what a new connection has, foreign keys aside.
void restore_pragmas(Connection&);

}  // namespace dunlin::sqlite
